// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"

namespace mahavishnu::store {

/// What the state has to be, by looking at all rows; without its cursor.
result<memory_state> count_memory_again(const sqlite_memory_session& at);

/// How often a content is there, by looking at all of its documents.
result<use_row> count_use_again(const sqlite_memory_session& at, std::int64_t content);
/// The same of a pool: its number of records, and the newest.
result<void> count_pool_again(const sqlite_memory_session& at, pool_row& pool);

/// Within a transaction.
result<memory_report> check_memory(const sqlite_memory_session& at, sqlite_use use);

} // namespace mahavishnu::store
