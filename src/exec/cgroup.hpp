// SPDX-License-Identifier: MIT
#pragma once

#include "exec/spawn_options.hpp"
#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// Where groups of our own can be made, and what they can bound.
struct cgroup_support {
  /// Our own group in the tree of cgroup v2.
  std::string directory;
  /// Whether the groups in it can have memory.max, pids.max and cpu.max.
  bool memory = false;
  bool pids = false;
  bool cpu = false;
  /// Why not, when one of them cannot.
  std::string why_not;
};

/// The directory where cgroup v2 is mounted, with the part of its tree that is mounted there, as
/// /proc/self/mountinfo tells; nothing when it is not mounted.
struct cgroup_mount {
  std::string directory;
  std::string root;
};
std::optional<cgroup_mount> find_cgroup_mount(std::string_view mountinfo);

/// The directory of our own group, from the mount and the content of /proc/self/cgroup.
std::optional<std::string> find_own_cgroup(const cgroup_mount& mount, std::string_view memberships);

/// The directory of our own group. The error says why there is none.
result<std::string> own_cgroup();

/// Finds out whether groups can be made, by making one and removing it. Tries to hand the
/// controllers to the groups below. The error says what is missing.
result<cgroup_support> cgroup_probe();

/// The same for a directory of cgroup v2 that is known.
result<cgroup_support> cgroup_probe_in(const std::string& directory);

/// What `cgroup_probe` would most likely find, for those who may change nothing.
result<cgroup_support> cgroup_look();
result<cgroup_support> cgroup_look_in(const std::string& directory);

/// A cgroup v2 of one run: whatever the run starts is in it and cannot leave. The file system is
/// that of the kernel; plain files do for the tests. Removed by remove() alone, not with the
/// object: a run outlives the program that watches it.
class cgroup {
public:
  /// Makes the group with its limits, or nothing; limits that are optional are set where that is
  /// possible. One of that name which is left over from before is taken as it is when it is empty.
  static result<cgroup> create(const cgroup_support& support, const std::string& name,
                               const cgroup_limits& limits = {});

  /// A group that exists, of a run that has been found again.
  static result<cgroup> open(std::string directory);

  const std::string& directory() const { return directory_; }
  /// For spawn_options::cgroup.
  int descriptor() const { return descriptor_.get(); }

  /// Kills all that is in it, at once and with no way to escape. Not to be waited for.
  result<void> kill() const;

  /// The processes in it and in the groups that they have made below.
  std::vector<pid_t> processes() const;

  /// Whether a process is left that has not ended; also true when that cannot be told.
  bool populated() const;

  /// Bytes of memory that count for it; nothing where the controller is not there.
  std::optional<std::uint64_t> memory() const;

  /// How often a process of it was killed for want of memory.
  std::uint64_t out_of_memory_kills() const;

  /// Removes the group and those below it. Fails while a process is in it.
  result<void> remove() const;

private:
  cgroup(std::string directory, unique_fd descriptor);

  std::string directory_;
  unique_fd descriptor_;
};

} // namespace mahavishnu::exec
