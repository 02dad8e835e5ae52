// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/prompt.hpp"
#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// What users of a server ask an agent again and again.
std::vector<prompt> server_prompts(const control_door& door);

} // namespace mahavishnu::mcp::server
