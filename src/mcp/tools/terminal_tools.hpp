// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// Tools for programs that somebody types into and looks at, with the arguments and answers that
/// clients of the predecessor know.
std::vector<tool> terminal_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
