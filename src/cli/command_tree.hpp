// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

namespace mahavishnu::cli {

/// Every command there is, with its options and help.
std::unique_ptr<CLI::App> command_tree(invocation& now);

/// Only what the line of this invocation can mean, when that begins with the name of a command: all
/// of them take a millisecond to build.
std::unique_ptr<CLI::App> tree_for(invocation& now);

} // namespace mahavishnu::cli
