// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace mahavishnu {

using moment_in_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// Reads the text into the moment, as below; an empty one leaves it as it is.
result<void> read_moment(const std::string& whose, const std::string& text,
                         std::chrono::milliseconds& since_1970);

/// A moment as people write it: how long ago (`90s`, `30m`, `2h`, `7d`, `2w`), a day, or RFC 3339;
/// without a zone it is UTC. `whose` says in the error what was read.
result<moment_in_time> parse_moment(const std::string& whose, std::string_view text,
                                    std::chrono::system_clock::time_point now);

} // namespace mahavishnu
