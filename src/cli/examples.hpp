// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::cli {

/// What somebody may type who wants that command, such as `mahavishnu pool spawn`: lines for a
/// shell. Tests parse all of them, and run those that come to an end.
std::vector<std::string> examples_of(std::string_view path);

/// The commands that have examples.
std::vector<std::string_view> commands_with_examples();

} // namespace mahavishnu::cli
