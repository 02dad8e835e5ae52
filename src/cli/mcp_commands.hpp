// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

namespace mahavishnu::cli {

void add_mcp_commands(CLI::App& app, invocation& now);
/// Of the group `mcp`.
void add_mcp_stdio_command(CLI::App& mcp, invocation& now);
void add_mcp_config_command(CLI::App& mcp, invocation& now);

/// The token that a server is to be shown: what the file has, else MAHAVISHNU_TOKEN; empty: none.
result<std::string> read_token(const std::string& file);

} // namespace mahavishnu::cli
