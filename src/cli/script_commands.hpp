// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

/// Commands that run scripts and look after their runs; none of them needs a server.
namespace mahavishnu::cli {

void add_exec_command(CLI::App& app, invocation& now);
void add_run_commands(CLI::App& app, invocation& now);
void add_advise_command(CLI::App& app, invocation& now);

} // namespace mahavishnu::cli
