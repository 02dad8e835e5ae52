// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"
#include "cli/each/plan.hpp"

namespace mahavishnu::cli::each {

/// Runs all of it, and returns the exit code of the command.
int run(const invocation& now, const output& out, each_plan plan);

} // namespace mahavishnu::cli::each
