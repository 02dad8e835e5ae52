// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/bridge.hpp"
#include "mcp/tools/script_runner.hpp"

#include <memory>
#include <vector>

namespace mahavishnu::mcp::server {

/// Tools for scripts in the patterns of `mahavishnu exec`, and for the runs that they leave behind.
/// The sixth pattern, periodic, has tools of its own.
std::vector<tool> run_tools(const control_door& door,
                            const std::shared_ptr<script_runner>& scripts);

} // namespace mahavishnu::mcp::server
