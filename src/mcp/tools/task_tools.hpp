// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// Tools for tasks that outlive the call that began them.
std::vector<tool> task_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
