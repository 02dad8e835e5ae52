// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu {

/// A moment as machines write it, in UTC: `2026-11-21T07:48:00.123Z`.
std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> when);

/// Such a text, or one with another zone or none (which is UTC), without seconds, or of a day only.
std::optional<std::chrono::sys_time<std::chrono::milliseconds>>
parse_rfc3339(std::string_view text);

} // namespace mahavishnu
