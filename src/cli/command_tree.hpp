// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

namespace mahavishnu::cli {

/// The tree for the line of this invocation. When that begins with the name of a command, only what
/// the line can mean is in it: the rest takes a millisecond to build.
std::unique_ptr<CLI::App> tree_for(invocation& now);

} // namespace mahavishnu::cli
