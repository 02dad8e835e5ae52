// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/run.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mahavishnu {

/// Runs, and what was wrong with those that could not be read.
struct run_listing {
  std::vector<run_record> runs;
  std::vector<std::string> problems;
};

/// What a cleanup has removed, or would remove.
struct cleanup_report {
  std::vector<std::string> removed;
  std::vector<std::string> problems;
};

/// What a run has written so far. A file that is not there is an empty one.
struct run_files {
  std::filesystem::path standard_output;
  std::filesystem::path standard_error;
};

/// The runs of a state directory, each in a directory of its own: a change is one small write, and
/// one that is damaged hurts no other. Nothing is kept in memory, so any number of processes may
/// use the same directory.
class run_registry {
public:
  /// `keeper_program`: for cancel(); empty: it is found when it is needed.
  explicit run_registry(std::filesystem::path state_directory, std::string keeper_program = {});

  /// `already_exists` for an id that is taken.
  result<void> add_run(const run_record& run);
  result<void> update_run(const run_record& run);
  result<run_record> get_run(const std::string& run_id) const;

  /// Newest first, as all lists here.
  run_listing get_active_runs() const;
  run_listing get_runs_by_module(const std::string& module_id) const;
  run_listing get_runs_by_status(run_status status) const;
  run_listing get_recent_runs(std::size_t limit = 50) const;

  /// The one run whose id begins with that.
  result<std::string> find_run(const std::string& prefix) const;

  /// Removes runs that ended longer ago, with their output. A dry run only says which.
  cleanup_report cleanup_old_runs(int days = 30, bool dry_run = false);

  /// Ends the processes of a run: SIGTERM, its grace, SIGKILL, the whole tree. Returns when it has
  /// ended, or when it should have. For a run that is lost, ends what it has left behind.
  result<run_record> cancel(const std::string& run_id);

  run_files files_of(const std::string& run_id) const;

private:
  run_listing list(const std::function<bool(const run_record&)>& wanted) const;

  std::filesystem::path directory_;
  std::string keeper_program_;
};

} // namespace mahavishnu
