// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace mahavishnu {

/// When something happened or is due, on a clock that never goes back. Pure classes are told it and
/// read no clock.
using moment = std::chrono::steady_clock::time_point;

/// `now` plus a time that somebody wished, which must not overflow: a year at most.
inline moment later(moment now, std::chrono::milliseconds by) {
  constexpr std::chrono::hours longest{24 * 366};
  return now + std::min<std::chrono::milliseconds>(by, longest);
}

} // namespace mahavishnu
