// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"

namespace mahavishnu::store {

/// Within a transaction.
result<memory_page> search_sqlite(const sqlite_memory_session& at, const memory_query& query);

} // namespace mahavishnu::store
