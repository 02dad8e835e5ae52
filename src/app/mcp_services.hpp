// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"

/// What the commands of the group `mcp` need besides a server.
namespace mahavishnu {

result<void> bridge_mcp(const cli::bridge_wish& wish, std::stop_token stop);

cli::endpoint_health ask_endpoint(const std::string& url, const std::string& token);

} // namespace mahavishnu
