// SPDX-License-Identifier: MIT
#include "cli/schedule_options.hpp"

#include "cli/task_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

namespace mahavishnu::cli {

namespace {

/// A server in another directory has to find it as well; what is no file here stays a name for the
/// PATH.
std::string absolute_if_file(const std::string& path) {
  std::error_code failure;
  if (path.find('/') == std::string::npos && !std::filesystem::exists(path, failure))
    return path;
  auto whole = std::filesystem::absolute(path, failure);
  return failure ? path : whole.lexically_normal().string();
}

} // namespace

bool schedule_options::is_given() const {
  return std::ranges::any_of(all, [](const CLI::Option* each) { return each->count() > 0; });
}

void schedule_options::add_to(CLI::App& command) {
  auto* cron = command.add_option("--cron", wish.cron,
                                  "Instead of an interval: MINUTE HOUR DAY MONTH WEEKDAY, or "
                                  "@hourly, @daily, @weekly, @monthly, @yearly");
  auto* seconds = add_seconds(command, "--interval", interval,
                              "Seconds from the end of a run to the next one (default 3600)");
  cron->excludes(seconds);
  all = {
      command.add_option("--name", name, "Of the periodic task (default: that of the script)"),
      seconds,
      command.add_flag("--fixed-rate", wish.fixed_rate, "Count the interval from start to start"),
      cron,
      command
          .add_option("--time-zone", wish.time_zone,
                      "Of the cron line (default: that of the server)")
          ->needs(cron),
      command.add_flag("--later", later, "The first run comes when it is due, and not at once"),
      command.add_option("--overlap", wish.overlap,
                         "A run that is due while an earlier one goes on: skip (default), queue, "
                         "allow or cancel_running"),
      command.add_option("--most-at-once", wish.most_at_once, "Runs that --overlap allow lets run"),
      command.add_option("--missed", wish.missed,
                         "Runs whose time passed without a server: run_once (default), skip or "
                         "run_all"),
      add_seconds(command, "--jitter", jitter, "Each run is late by chance, up to so many seconds"),
      command.add_flag("--disabled", disabled, "Runs when it has been enabled"),
  };
}

add_periodic schedule_options::task(const std::string& script,
                                    const std::vector<std::string>& arguments,
                                    const std::string& directory, double timeout) const {
  auto made = wish;
  made.name = name.empty() ? std::filesystem::path{script}.stem().string() : name;
  made.script = absolute_if_file(script);
  made.arguments = arguments;
  if (!directory.empty())
    made.working_directory = absolute_if_file(directory);
  made.interval = milliseconds_of(interval);
  made.jitter = milliseconds_of(jitter);
  made.timeout = milliseconds_of(timeout);
  made.first = later ? "later" : wish.first;
  made.enabled = !disabled;
  return made;
}

} // namespace mahavishnu::cli
