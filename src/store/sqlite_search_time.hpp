// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_connection.hpp"

#include <chrono>
#include <functional>

namespace mahavishnu::store {

/// What measures the time of a search.
using search_clock = std::function<std::chrono::steady_clock::time_point()>;

/// As long as it is there, what a connection does ends when the time is over, also in the middle of
/// a step.
class time_limit {
public:
  time_limit(const sqlite_connection& connection, const search_clock& now,
             std::chrono::steady_clock::time_point end)
      : connection_(connection.get()), now_(&now), end_(end) {
    sqlite3_progress_handler(connection_, 500, ask, this);
  }
  ~time_limit() { sqlite3_progress_handler(connection_, 0, nullptr, nullptr); }
  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

  bool is_over() const { return (*now_)() >= end_; }

private:
  static int ask(void* limit) { return static_cast<const time_limit*>(limit)->is_over() ? 1 : 0; }

  sqlite3* connection_;
  const search_clock* now_;
  std::chrono::steady_clock::time_point end_;
};

inline bool is_interrupt(int code) {
  return (code & 0xFF) == SQLITE_INTERRUPT;
}

} // namespace mahavishnu::store
