// SPDX-License-Identifier: MIT
#pragma once

#include "exec/cgroup.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::exec {

/// Makes the cgroups of the runs of one engine that are to have one. Looks what the system allows
/// when the first of them comes, and again as long as it allows nothing.
class run_cgroups {
public:
  using probe = std::function<result<cgroup_support>()>;

  /// All names of groups begin with `prefix`, and no others do.
  explicit run_cgroups(std::string prefix, probe look = cgroup_probe);

  /// The group, its limits set. None when they are optional and cannot be kept; then `note` says
  /// why. Limits that are not optional fail.
  result<std::unique_ptr<cgroup>> make(const std::string& run, const cgroup_limits& limits,
                                       std::string& note);

  /// Kills and removes the groups of a program that died, if it was in the same group as we are.
  /// Blocks, but not for long.
  void end_left() const;

private:
  std::string prefix_;
  probe look_;
  std::optional<cgroup_support> support_;
};

} // namespace mahavishnu::exec
