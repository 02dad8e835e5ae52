// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

/// Commands that tell of the program itself, and of what it needs.
namespace mahavishnu::cli {

void add_completion_command(CLI::App& app, invocation& now);
void add_docs_commands(CLI::App& app, invocation& now);
void add_doctor_command(CLI::App& app, invocation& now);
void add_schema_command(CLI::App& app, invocation& now);

} // namespace mahavishnu::cli
