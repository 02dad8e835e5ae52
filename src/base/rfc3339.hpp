// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace mahavishnu {

/// A moment as machines write it, in UTC: `2026-11-21T07:48:00.123Z`.
std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> when);

} // namespace mahavishnu
