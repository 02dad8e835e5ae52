// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "exec/spawn_options.hpp"
#include "exec/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace mahavishnu::exec {

/// A process that has just been started, and our ends of its pipes (non-blocking).
struct spawned_process {
  /// Also the id of its process group and of its session.
  pid_t pid = -1;
  unique_fd exit;
  /// None when there is nothing to give: the child then reads /dev/null.
  unique_fd input;
  /// Like the others, none when its streams are a terminal.
  unique_fd output;
  unique_fd error_output;
};

/// Starts a process as the leader of its own session, with default signals and no descriptor of
/// ours but those it is given. Never forks: that would copy the page tables of a server that may be
/// large. When it fails nothing of the child is left.
result<spawned_process> spawn(const process_spec& spec, const std::vector<std::string>& inherited,
                              const spawn_options& options = {});

/// A descriptor that becomes readable when the process ends; none with errno set when it cannot be.
unique_fd watch_exit(pid_t pid);

} // namespace mahavishnu::exec
