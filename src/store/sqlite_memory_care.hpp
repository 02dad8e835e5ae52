// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"

namespace mahavishnu::store {

/// What the state has to be, by looking at all rows; without its cursor.
result<memory_state> count_memory_again(const sqlite_memory_session& at);

/// Within a transaction.
result<memory_report> check_memory(const sqlite_memory_session& at, sqlite_use use);

} // namespace mahavishnu::store
