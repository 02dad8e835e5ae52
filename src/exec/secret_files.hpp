// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "exec/spawn_options.hpp"
#include "exec/unique_fd.hpp"

#include <utility>
#include <vector>

namespace mahavishnu::exec {

/// The secrets of one process as files without a name, which are in memory alone and which nobody
/// can change any more. To be kept until the process has been started.
class secret_files {
public:
  /// Fails when a name is none, is there twice or is taken by the environment, or when they are
  /// more than a process is given.
  static result<secret_files> make(const process_spec& spec);

  /// Has the child born with them, and adds to its environment where each is.
  void give(process_spec& spec, spawn_options& how) const;

private:
  std::vector<std::pair<std::string, unique_fd>> files_;
};

} // namespace mahavishnu::exec
