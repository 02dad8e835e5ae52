// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"
#include "mcp/tools/script_runner.hpp"

#include <memory>
#include <vector>

namespace mahavishnu::mcp::server {

/// Every tool of the server, in the order in which they are listed.
std::vector<tool> all_tools(const control_door& door,
                            const std::shared_ptr<script_runner>& scripts);

} // namespace mahavishnu::mcp::server
