// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace mahavishnu::exec {

/// Kills every process in whose environment MAHAVISHNU_RUN begins with `mark`, and whatever they
/// start meanwhile. Returns how many do not end. Blocks, but not for long.
std::size_t end_survivors(std::string_view mark);

} // namespace mahavishnu::exec
