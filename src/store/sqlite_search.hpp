// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_session.hpp"

#include <chrono>
#include <functional>

namespace mahavishnu::store {

/// What measures the time of a search.
using search_clock = std::function<std::chrono::steady_clock::time_point()>;

/// Within a transaction.
result<memory_page> search_sqlite(const sqlite_memory_session& at, const memory_query& query,
                                  search_clock now = std::chrono::steady_clock::now);

} // namespace mahavishnu::store
