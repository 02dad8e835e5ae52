// SPDX-License-Identifier: MIT
#pragma once

#include "exec/unique_fd.hpp"

#include <sys/types.h>

namespace mahavishnu::exec {

/// A child that shares our memory until it executes a program or ends, and its pidfd.
struct cloned_child {
  pid_t pid = -1;
  unique_fd exit;
};

/// Runs `body(argument)` in a new child, on a stack of its own, while this thread stands still;
/// what the body returns is the exit status. Page tables are not copied, so it costs the same in a
/// large process as in a small one. With all signals blocked, and only async-signal-safe calls in
/// the body. `pid` is -1 and errno set when there is no child.
cloned_child clone_child(int (*body)(void*), void* argument);

/// The same for a child that is born in an open cgroup v2 directory. ENOSYS where that cannot be
/// done: the child can then move itself, at the price of some milliseconds that all of the system's
/// forks wait.
cloned_child clone_child_into(int cgroup, int (*body)(void*), void* argument);

} // namespace mahavishnu::exec
