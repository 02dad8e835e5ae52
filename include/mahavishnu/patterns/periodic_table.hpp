// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/patterns/schedule.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// What runs again and again, and when.
struct periodic_task {
  /// Letters, digits, '.', '_' and '-', no '.' in front, no more than 100.
  std::string name;
  std::string script;
  std::vector<std::string> arguments;
  /// Empty: the folder of the script.
  std::string working_directory;
  schedule_rule rule;

  friend bool operator==(const periodic_task&, const periodic_task&) = default;
};

/// The periodic tasks by name, each with its schedule, and a file for each in a directory, which
/// says at any time all that a later server must know. Starts nothing: it says what is due, and is
/// told what has ended.
class periodic_table {
public:
  using time_point = schedule::time_point;
  using run_number = schedule::run_number;

  struct damaged_file {
    std::string name;
    std::string path;
    std::string reason;
  };
  struct entry {
    periodic_task task;
    schedule_state state;
    std::optional<time_point> next_run;
  };
  struct due_run {
    periodic_task task;
    run_number number = 0;
  };
  struct cancelled_run {
    std::string name;
    run_number number = 0;
  };
  /// What is to be started and cancelled now. `problems`: files that could not be written; the runs
  /// are due all the same.
  struct due_work {
    std::vector<due_run> start;
    std::vector<cancelled_run> cancel;
    std::vector<error> problems;
  };

  /// Makes the directory when there is none, and loads all that is in it. A file that cannot be
  /// understood is among the damaged ones, stays as it is, and hurts no other.
  static result<periodic_table> open(std::filesystem::path directory, time_point now,
                                     std::uint64_t seed);

  const std::vector<damaged_file>& damaged() const { return damaged_; }

  result<void> add(periodic_task task, time_point now);
  /// Also takes away a damaged one. The runs that have not ended are for the caller to cancel.
  result<std::vector<run_number>> remove(std::string_view name);
  result<void> set_enabled(std::string_view name, bool enabled);

  result<entry> find(std::string_view name) const;
  /// By name.
  std::vector<entry> list() const;

  due_work due(time_point now);
  /// A run besides those that are due.
  result<due_run> start_now(std::string_view name, time_point now);
  /// An error names a file that could not be written; the end counts all the same. Tasks and runs
  /// that are unknown do no harm.
  result<void> ended(std::string_view name, run_number number, time_point now,
                     const std::optional<std::string>& failure);
  /// When to ask again what is due, at the latest; nothing when nothing is planned.
  std::optional<time_point> next_wake() const;

private:
  struct member {
    periodic_task task;
    schedule when;
  };
  using members = std::map<std::string, member, std::less<>>;

  periodic_table(std::filesystem::path directory, std::uint64_t seed)
      : directory_(std::move(directory)), chance_(seed) {}

  void load(const std::filesystem::path& file, time_point now);
  std::filesystem::path path_of(std::string_view name) const;
  result<void> save(const member& which) const;
  result<members::iterator> look_up(std::string_view name);
  error unknown(std::string_view name) const;

  std::filesystem::path directory_;
  std::mt19937_64 chance_;
  members members_;
  std::vector<damaged_file> damaged_;
};

} // namespace mahavishnu
