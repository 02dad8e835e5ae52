// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/tools/script_runner.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace mahavishnu {

struct script_threads_options {
  /// Where runs are written down.
  std::string state_directory;
  /// Scripts (or sets of them) that run at a time, and that wait.
  std::size_t most_at_once = 8;
  std::size_t most_waiting = 64;
};

/// Threads for those who may not wait for a script themselves. There are only as many as are
/// needed. When this goes, what runs is ended (SIGTERM, 5 s, SIGKILL), and what waits is called
/// with a token that says so.
std::unique_ptr<mcp::server::script_runner> make_script_threads(script_threads_options options);

} // namespace mahavishnu
