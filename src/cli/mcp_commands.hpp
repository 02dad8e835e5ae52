// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

namespace mahavishnu::cli {

void add_mcp_commands(CLI::App& app, invocation& now);
/// Of the group `mcp`.
void add_mcp_stdio_command(CLI::App& mcp, invocation& now);
void add_mcp_config_command(CLI::App& mcp, invocation& now);

/// How a client of the server shows who it is, and knows the server.
struct acquaintance {
  std::string token_file;
  std::string ca_file;
};

/// The options for that.
void add_acquaintance(CLI::App& command, acquaintance& given);

/// Whose certificates to trust: what was given, else the server's own one, else (empty) those of
/// the system.
std::string trusted_file(const acquaintance& given, const config::settings& settings);

/// The token that a server is to be shown: what the file has, else MAHAVISHNU_TOKEN; empty: none.
result<std::string> read_token(const std::string& file);

} // namespace mahavishnu::cli
