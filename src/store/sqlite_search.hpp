// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"
#include "store/sqlite_search_time.hpp"

#include <chrono>

namespace mahavishnu::store {

/// Within a transaction.
result<memory_page> search_sqlite(const sqlite_memory_session& at, const memory_query& query,
                                  search_clock now = std::chrono::steady_clock::now);

} // namespace mahavishnu::store
