// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace mahavishnu {

/// When something happened or is due, on a clock that never goes back. Pure classes are told it and
/// read no clock.
using moment = std::chrono::steady_clock::time_point;

} // namespace mahavishnu
