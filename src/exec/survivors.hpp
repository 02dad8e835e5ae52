// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// What MAHAVISHNU_RUN is in the environment of a process; empty when it has none or cannot be
/// asked.
std::string mark_of(pid_t process);

/// Kills every process in whose environment MAHAVISHNU_RUN begins with `mark`, and whatever they
/// start meanwhile. Returns those that do not end. Blocks, but not for long.
std::vector<pid_t> end_survivors(std::string_view mark);

} // namespace mahavishnu::exec
