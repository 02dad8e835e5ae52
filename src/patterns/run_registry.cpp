// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/run_registry.hpp"

#include "patterns/detached_run.hpp"
#include "patterns/run_directory.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

namespace mahavishnu {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// How long the command that runs a run may take to hear that it is to end, and to end it.
constexpr auto patience_with_owner = 15s;
constexpr auto between_looks = 20ms;

/// Hidden directories that somebody who was killed has left.
constexpr auto age_of_leftovers = std::chrono::hours{24};

run_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Names in the directory, in no order; none when there is no directory.
std::vector<std::string> names_in(const fs::path& directory, std::vector<std::string>& problems) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator each{directory, failure}, end; !failure && each != end;
       each.increment(failure))
    names.push_back(each->path().filename().string());
  if (failure && failure != std::errc::no_such_file_or_directory)
    problems.push_back("cannot read '" + directory.string() + "': " + failure.message());
  return names;
}

bool ended_before(const run_record& run, run_time when) {
  return !is_active(run.status) && run.completed_at.value_or(run.created_at) < when;
}

} // namespace

run_registry::run_registry(fs::path state_directory, std::string keeper_program)
    : directory_(std::move(state_directory /= "runs")),
      keeper_program_(std::move(keeper_program)) {}

result<void> run_registry::add_run(const run_record& run) {
  auto made = run_directory{directory_, run.run_id}.create(run);
  return made ? result<void>{} : made.error();
}

result<void> run_registry::update_run(const run_record& run) {
  return run_directory{directory_, run.run_id}.write(run);
}

result<run_record> run_registry::get_run(const std::string& run_id) const {
  return run_directory{directory_, run_id}.look();
}

run_files run_registry::files_of(const std::string& run_id) const {
  return run_directory{directory_, run_id}.files();
}

run_listing run_registry::list(const std::function<bool(const run_record&)>& wanted) const {
  run_listing listing;
  for (const auto& name : names_in(directory_, listing.problems)) {
    if (run_directory::is_hidden(name))
      continue;
    run_directory directory{directory_, name};
    auto run = directory.look();
    if (!run && !directory.exists())
      continue; // removed meanwhile, or no directory of ours
    if (!run)
      listing.problems.push_back(run.error().message);
    else if (wanted(*run))
      listing.runs.push_back(std::move(*run));
  }
  std::ranges::sort(listing.runs, [](const run_record& a, const run_record& b) {
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.run_id > b.run_id;
  });
  return listing;
}

run_listing run_registry::get_active_runs() const {
  return list([](const run_record& run) { return is_active(run.status); });
}

run_listing run_registry::get_runs_by_module(const std::string& module_id) const {
  return list([&](const run_record& run) { return run.module_id == module_id; });
}

run_listing run_registry::get_runs_by_status(run_status status) const {
  return list([&](const run_record& run) { return run.status == status; });
}

run_listing run_registry::get_recent_runs(std::size_t limit) const {
  auto listing = list([](const run_record&) { return true; });
  if (listing.runs.size() > limit)
    listing.runs.resize(limit);
  return listing;
}

result<std::string> run_registry::find_run(const std::string& prefix) const {
  if (run_directory{directory_, prefix}.exists())
    return prefix;
  std::vector<std::string> problems;
  std::vector<std::string> found;
  for (auto& name : names_in(directory_, problems))
    if (!run_directory::is_hidden(name) && name.starts_with(prefix) && !prefix.empty())
      found.push_back(std::move(name));
  if (found.size() == 1)
    return found.front();
  if (!problems.empty())
    return error{errc::io_failed, problems.front()};
  if (found.empty())
    return error{errc::not_found,
                 "there is no run '" + prefix.substr(0, 100) + "'; see: mahavishnu runs list"};
  std::ranges::sort(found);
  return error{errc::invalid_argument, std::to_string(found.size()) + " runs begin with '" +
                                           prefix + "', among them " + found.front() + " and " +
                                           found.back() + "; give more of the id"};
}

cleanup_report run_registry::cleanup_old_runs(int days, bool dry_run) {
  cleanup_report report;
  auto oldest = now() - std::chrono::hours{24} * std::max(days, 0);
  auto listing = list([&](const run_record& run) { return ended_before(run, oldest); });
  report.problems = std::move(listing.problems);
  for (const auto& run : listing.runs) {
    run_directory directory{directory_, run.run_id};
    if (!dry_run) {
      if (!run.completed_at)
        directory.end_leftovers();
      if (auto removed = directory.remove(); !removed) {
        report.problems.push_back(removed.error().message);
        continue;
      }
    }
    report.removed.push_back(run.run_id);
  }
  if (dry_run)
    return report;
  for (const auto& name : names_in(directory_, report.problems)) {
    std::error_code failure;
    auto written = fs::last_write_time(directory_ / name, failure);
    if (run_directory::is_hidden(name) && !failure &&
        fs::file_time_type::clock::now() - written > age_of_leftovers)
      fs::remove_all(directory_ / name, failure);
  }
  return report;
}

result<run_record> run_registry::cancel(const std::string& run_id) {
  run_directory directory{directory_, run_id};
  auto run = directory.look();
  if (!run)
    return run;
  if (!is_active(run->status)) {
    if (auto written = directory.read();
        written && is_active(written->status) && run->pattern && !run->completed_at)
      directory.end_leftovers(); // it is lost
    return run;
  }
  if (auto asked = directory.ask_for_the_end(); !asked)
    return asked.error();
  if (run->pattern == task_pattern::fire_and_forget)
    if (auto stopped = stop_detached(directory, run_id, keeper_program_); !stopped)
      return stopped.error();
  auto give_up_at = std::chrono::steady_clock::now() + patience_with_owner;
  while (run && is_active(run->status) && std::chrono::steady_clock::now() < give_up_at) {
    std::this_thread::sleep_for(between_looks);
    run = directory.look();
  }
  return run;
}

} // namespace mahavishnu
