// SPDX-License-Identifier: MIT
#pragma once

#include "exec/child.hpp"
#include "exec/engine_options.hpp"
#include "exec/process_runner.hpp"
#include "exec/pseudo_terminal.hpp"
#include "exec/run_cgroups.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::exec {

/// A process that has just been started, and what belongs to it.
struct launched_run {
  child process;
  std::optional<pseudo_terminal> terminal;
  /// If it has one.
  std::unique_ptr<cgroup> group;
  /// For its exit.
  std::string note;
};

/// Starts processes as their specifications want them: with what they inherit, their mark, their
/// outputs, secrets, cgroup and terminal. Unaware of what becomes of them.
class process_launcher {
public:
  /// The options outlive this.
  explicit process_launcher(const engine_options& options);

  /// What children get to see unless their specification says otherwise, instead of what this
  /// process had in the beginning.
  void inherit(std::vector<std::string> environment, std::string working_directory);

  /// Completes the specification and takes from it. When it fails nothing is left.
  result<launched_run> launch(process_handle handle, process_spec& spec);

  /// The file of an output; empty when there are none.
  std::string path_of(const std::string& run, output_growth::stream which) const;

  /// Ends the cgroups of runs with our mark that another engine has left. Blocks, but not for long.
  void end_left_groups() const { groups_.end_left(); }

private:
  struct run_outputs {
    run_output output;
    run_output error;
  };
  struct launched_process {
    spawned_process process;
    std::string input;
    std::optional<pseudo_terminal> terminal;
  };

  void complete(process_spec& spec) const;
  result<run_outputs> open_outputs(const process_spec& spec) const;
  spawn_options options_for(const process_spec& spec) const;
  result<launched_process> launch_with_pipes(process_spec& spec, const spawn_options& how) const;
  result<launched_process> launch_with_terminal(process_spec& spec, spawn_options& how) const;

  const engine_options& options_;
  std::vector<std::string> inherited_;
  std::string working_directory_;
  run_cgroups groups_;
};

} // namespace mahavishnu::exec
