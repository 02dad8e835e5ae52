// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// The nine tools for workers outside of pools, with the arguments and answers that clients of the
/// predecessor know. All of them say that pools replace them.
std::vector<tool> worker_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
