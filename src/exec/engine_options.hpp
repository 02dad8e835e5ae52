// SPDX-License-Identifier: MIT
#pragma once

#include "exec/spawn_options.hpp"

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// How an engine keeps and marks what it runs.
struct engine_options {
  /// Where outputs go to files named RUN.out and RUN.err; empty: they stay in memory.
  std::string output_directory;
  /// Kept in memory of each stream; none: what each process_spec says.
  std::optional<std::size_t> memory_limit;
  /// Stands before the name of the run in the variable MAHAVISHNU_RUN of its processes.
  std::string mark;
  /// Whether the processes are killed when the thread of the loop ends, however it ends.
  bool ends_with_thread = false;
  /// For processes whose specification says nothing about the same resource.
  std::vector<resource_limit> limits{};
  /// Who becomes the parent of a process whose own has ended: init, or this very process when it is
  /// a subreaper. Then nothing that a run leaves behind is missed.
  pid_t reaper = 1;
};

} // namespace mahavishnu::exec
