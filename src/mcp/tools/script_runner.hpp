// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/patterns/run_registry.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"

#include <functional>
#include <stop_token>

namespace mahavishnu::mcp::server {

/// Runs what blocks for those who must not. Thread-safe; no call blocks.
class script_runner {
public:
  virtual ~script_runner() = default;

  using script = std::function<void(task_orchestrator&, std::stop_token)>;
  /// Something that takes a moment and no more.
  using look = std::function<void(task_orchestrator&, run_registry&)>;

  /// Calls it on a thread of its own kind as soon as there is one. An error when too many wait. A
  /// stop, which also comes when the runner ends, has it called with a token that says so.
  virtual result<std::stop_source> run(script what) = 0;
  /// In the same way, but never behind scripts that run.
  virtual result<void> ask(look what) = 0;
};

} // namespace mahavishnu::mcp::server
