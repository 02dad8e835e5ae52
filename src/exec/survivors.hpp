// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// What MAHAVISHNU_RUN is in the environment of a process; empty when it has none or cannot be
/// asked.
std::string mark_of(pid_t process);

/// Kills every process in whose environment MAHAVISHNU_RUN begins with `mark`, and whatever they
/// start meanwhile. Returns how many do not end. Blocks, but not for long.
std::size_t end_survivors(std::string_view mark);

} // namespace mahavishnu::exec
