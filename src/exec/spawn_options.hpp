// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// No limit at all.
constexpr std::uint64_t unlimited = RLIM_INFINITY;

/// A bound on what a process may use, by the name that prlimit(1) has for it: "nofile", "as",
/// "cpu".
struct resource_limit {
  std::string name;
  std::uint64_t soft = unlimited;
  std::uint64_t hard = unlimited;
};

/// Bounds on all that a run uses together, kept by a cgroup v2 of its own. Also without any of them
/// nothing that the run starts can leave its group, so nothing of it escapes.
struct cgroup_limits {
  /// Bytes; beyond them something of the run is killed.
  std::optional<std::uint64_t> memory_max{};
  /// Processes and threads at a time.
  std::optional<std::uint64_t> pids_max{};
  /// Percent of one processor: 250 are two and a half.
  std::optional<std::uint32_t> cpu_max{};
  /// Where the system cannot keep them the run goes without; otherwise it is not started.
  bool optional = false;

  friend bool operator==(const cgroup_limits&, const cgroup_limits&) = default;
};

/// An open file that the child shall have under a number of its own, a secret to read for example.
struct given_descriptor {
  /// From 3 on; 0, 1 and 2 are its streams.
  int number = -1;
  /// Our descriptor; it stays ours.
  int ours = -1;
};

/// What else is true of a child from its first instruction on.
struct spawn_options {
  std::vector<resource_limit> limits;
  /// -20 (first in line) to 19 (last).
  std::optional<int> nice;
  /// The bits that files it makes will not have.
  std::optional<mode_t> umask;
  /// Path of a terminal, which becomes its input, its output and its controlling terminal. Its
  /// specification then has no text for its input: that goes through the terminal.
  std::string terminal;
  std::vector<given_descriptor> descriptors;
  /// Sent to it when the *thread* that starts it ends; 0: nothing is sent.
  int parent_death_signal = 0;
  /// An open cgroup v2 directory to be born in, or -1.
  int cgroup = -1;
};

/// The number of a resource by its name.
result<int> find_resource(std::string_view name);

/// Refuses what cannot be right whatever the system says.
result<void> check_options(const spawn_options& options);

/// Say in words why the child could not be made as the options want it.
error explain_limit_failure(int number, const resource_limit& limit);
error explain_nice_failure(int number, int nice);
error explain_terminal_failure(int number, const std::string& terminal);
error explain_descriptor_failure(int number, const given_descriptor& descriptor);
error explain_cgroup_failure(int number);

} // namespace mahavishnu::exec
