// SPDX-License-Identifier: MIT
#include "exec/left_keepers.hpp"

#include "exec/keeper_directory.hpp"
#include "exec/run_log.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace mahavishnu::exec {

namespace {

namespace fs = std::filesystem;

left_keeper look_at(const std::string& directory) {
  left_keeper found;
  found.directory = directory;
  found.is_served = keeper_directory::is_served(directory);
  auto log = read_run_log_file(keeper_directory::runs_in(directory));
  if (!log) {
    found.failure = log.error();
    return found;
  }
  found.is_damaged = log->is_damaged;
  for (auto& [name, run] : log->runs)
    found.runs.push_back(std::move(run));
  return found;
}

} // namespace

result<std::vector<left_keeper>> find_left(const std::string& parent) {
  std::vector<left_keeper> found;
  std::error_code failure;
  fs::directory_iterator at{parent, failure};
  for (fs::directory_iterator end; !failure && at != end; at.increment(failure)) {
    std::error_code ignored;
    auto path = at->path();
    if (at->symlink_status(ignored).type() == fs::file_type::directory &&
        keeper_directory::is_one(path))
      found.push_back(look_at(path));
  }
  if (failure && failure != std::errc::no_such_file_or_directory)
    return error{errc::io_failed, "cannot look for keepers in '" + parent +
                                      "': " + failure.message() + "; look at its rights"};
  std::ranges::sort(found, {}, &left_keeper::directory);
  return found;
}

result<void> remove_left(const std::string& directory) {
  if (!keeper_directory::is_one(directory))
    return {};
  auto held = keeper_directory::take(directory);
  if (!held)
    return held.error();
  auto left = look_at(directory);
  if (left.failure)
    return *left.failure;
  if (!left.runs.empty() || left.is_damaged)
    return error{errc::invalid_argument,
                 "the keeper's directory '" + directory +
                     "' tells of runs that nobody has heard; open it and hear them first"};
  return held->remove();
}

} // namespace mahavishnu::exec
