// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// The ten tools for pools, with the arguments and answers that clients of the predecessor know.
std::vector<tool> pool_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
