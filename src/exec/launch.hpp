// SPDX-License-Identifier: MIT
#pragma once

#include "exec/clone_child.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>

namespace mahavishnu::exec {

/// What a child does between its birth and its program, in this order.
enum class launch_step {
  /// The process itself is made.
  birth,
  /// It becomes the leader of a session and of a process group.
  session,
  /// It is to hear of the end of its parent.
  parent_death,
  /// It moves to its cgroup, when it could not be born there.
  cgroup,
  /// Its terminal becomes its streams.
  terminal,
  /// Its streams and the files it is given get their numbers.
  descriptors,
  /// All other files of ours are closed.
  closing,
  directory,
  limits,
  nice,
  program,
};

struct launch_plan {
  struct move {
    int from;
    int to;
  };
  struct limit {
    int resource;
    rlimit64 values;
  };

  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  /// Null: it stays where we are.
  const char* directory = nullptr;
  /// Null: its streams are among the descriptors, and input that is not is empty.
  const char* terminal = nullptr;
  /// By rising `to`; no `from` is as low as the highest `to`.
  std::span<const move> descriptors;
  std::span<const limit> limits;
  std::optional<int> nice;
  std::optional<mode_t> umask;
  int parent_death_signal = 0;
  /// An open cgroup v2 directory, or -1.
  int cgroup = -1;
};

struct launch_failure {
  launch_step step = launch_step::birth;
  int number = 0;
  /// Which of the descriptors or limits it was.
  std::size_t index = 0;
};

/// The child, or why there is none: then nothing of it is left. Signals have their default meaning
/// in the child and none is blocked.
struct launch_outcome {
  cloned_child child;
  std::optional<launch_failure> failure;
};

launch_outcome launch(const launch_plan& plan);

} // namespace mahavishnu::exec
