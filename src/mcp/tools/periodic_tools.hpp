// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"

#include <vector>

namespace mahavishnu::mcp::server {

/// Tools for scripts that run again and again; the verbs are those of `mahavishnu periodic`.
std::vector<tool> periodic_tools(const control_door& door);

} // namespace mahavishnu::mcp::server
