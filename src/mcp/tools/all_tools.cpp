// SPDX-License-Identifier: MIT
#include "mcp/tools/all_tools.hpp"

#include "mcp/tools/memory_tools.hpp"
#include "mcp/tools/periodic_tools.hpp"
#include "mcp/tools/pool_tools.hpp"
#include "mcp/tools/run_tools.hpp"
#include "mcp/tools/task_tools.hpp"
#include "mcp/tools/terminal_tools.hpp"
#include "mcp/tools/worker_tools.hpp"

#include <iterator>

namespace mahavishnu::mcp::server {

std::vector<tool> all_tools(const control_door& door,
                            const std::shared_ptr<script_runner>& scripts) {
  std::vector<tool> all;
  auto add = [&all](std::vector<tool> some) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
  };
  add(pool_tools(door));
  add(task_tools(door));
  // Here come those for jobs (job_*), and for other nodes (node_*).
  add(run_tools(door, scripts));
  add(periodic_tools(door));
  add(memory_tools(door));
  add(terminal_tools(door));
  add(worker_tools(door));
  return all;
}

} // namespace mahavishnu::mcp::server
