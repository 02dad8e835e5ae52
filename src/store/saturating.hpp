// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"

#include <limits>

namespace mahavishnu::store {

// A clock may be wrong, and a query may say any time: what would be beyond all times is the first
// or the last one.

constexpr wall_time min_time = std::numeric_limits<wall_time>::min();
constexpr wall_time max_time = std::numeric_limits<wall_time>::max();

constexpr wall_time later(wall_time at, wall_time by) {
  wall_time sum = 0;
  return !__builtin_add_overflow(at, by, &sum) ? sum : by < 0 ? min_time : max_time;
}

/// How long it is from one time to another; negative when that is earlier.
constexpr wall_time span_between(wall_time from, wall_time to) {
  wall_time difference = 0;
  return !__builtin_sub_overflow(to, from, &difference) ? difference
         : to < from                                    ? min_time
                                                        : max_time;
}

constexpr wall_time earlier(wall_time at, wall_time by) {
  return span_between(by, at);
}

} // namespace mahavishnu::store
