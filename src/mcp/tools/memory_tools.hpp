// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// Tools for what ended tasks have left behind.
std::vector<tool> memory_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
