// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/fwd.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace mahavishnu {

/// Run a script again and again; answered by `periodic_info`.
struct add_periodic {
  std::string name;
  std::string script;
  std::vector<std::string> arguments;
  /// Empty: the folder of the script.
  std::string working_directory;
  /// From the end of a run to the start of the next one, or with `fixed_rate` from start to start.
  std::chrono::milliseconds interval{3'600'000};
  bool fixed_rate = false;
  /// Five fields, or a word such as @daily, instead of the interval; in that time zone.
  std::string cron;
  std::string time_zone;
  /// When the first run is: `at_once` or `later`; empty: at once with an interval, and at its first
  /// time with a cron line.
  std::string first;
  /// What becomes of a run that is due while an earlier one goes on: skip, queue, allow (up to
  /// `most_at_once`) or cancel_running.
  std::string overlap = "skip";
  std::int32_t most_at_once = 1;
  /// What becomes of runs whose time passed while no server ran: run_once, skip or run_all.
  std::string missed = "run_once";
  /// Each run is late by chance, up to this.
  std::chrono::milliseconds jitter{0};
  /// Of each run; 0: none.
  std::chrono::milliseconds timeout{0};
  bool enabled = true;

  friend bool operator==(const add_periodic&, const add_periodic&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &add_periodic::name},
                      field{"script", &add_periodic::script},
                      field{"arguments", &add_periodic::arguments},
                      field{"cwd", &add_periodic::working_directory},
                      field{"interval", &add_periodic::interval},
                      field{"fixed_rate", &add_periodic::fixed_rate},
                      field{"cron", &add_periodic::cron},
                      field{"time_zone", &add_periodic::time_zone},
                      field{"first", &add_periodic::first},
                      field{"overlap", &add_periodic::overlap},
                      field{"most_at_once", &add_periodic::most_at_once},
                      field{"missed", &add_periodic::missed},
                      field{"jitter", &add_periodic::jitter},
                      field{"timeout", &add_periodic::timeout},
                      field{"enabled", &add_periodic::enabled}};
  }
};

/// A periodic task, and what has become of it.
struct periodic_info {
  add_periodic task;
  bool is_running = false;
  std::int64_t run_count = 0;
  std::int64_t error_count = 0;
  /// Since the last run without an error.
  std::int64_t consecutive_errors = 0;
  /// Left out because an earlier run went on, and because their time had passed.
  std::int64_t skipped_count = 0;
  std::int64_t missed_count = 0;
  /// RFC 3339; empty: never.
  std::string last_run;
  std::string next_run;
  /// Of the run that ended last; -1: it never ran.
  std::int32_t last_exit_code = -1;
  std::string last_error;
  /// The end of what it wrote.
  std::string last_output;

  friend bool operator==(const periodic_info&, const periodic_info&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task", &periodic_info::task},
                      field{"is_running", &periodic_info::is_running},
                      field{"run_count", &periodic_info::run_count},
                      field{"error_count", &periodic_info::error_count},
                      field{"consecutive_errors", &periodic_info::consecutive_errors},
                      field{"skipped_count", &periodic_info::skipped_count},
                      field{"missed_count", &periodic_info::missed_count},
                      field{"last_run", &periodic_info::last_run},
                      field{"next_run", &periodic_info::next_run},
                      field{"last_exit_code", &periodic_info::last_exit_code},
                      field{"last_error", &periodic_info::last_error},
                      field{"last_output", &periodic_info::last_output}};
  }
};

/// Which periodic tasks are there; answered by `periodic_list`.
struct list_periodic {
  /// Only that one; empty: all.
  std::string name;

  friend bool operator==(const list_periodic&, const list_periodic&) = default;
  static constexpr auto fields() { return std::tuple{field{"name", &list_periodic::name}}; }
};

struct periodic_list {
  /// Sorted by name.
  std::vector<periodic_info> tasks;
  /// Files of tasks that cannot be read, and why.
  std::vector<std::string> damaged;

  friend bool operator==(const periodic_list&, const periodic_list&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"tasks", &periodic_list::tasks},
                      field{"damaged", &periodic_list::damaged}};
  }
};

enum class periodic_change : std::uint8_t { enable, disable, run, remove };

template <>
struct enum_names<periodic_change> {
  static constexpr std::array<std::string_view, 4> values{"enable", "disable", "run", "remove"};
};

/// Do that with the task; answered by `periodic_info`, as it is afterwards, or as it was when it
/// was removed. `run` starts a run besides those that are due.
struct change_periodic {
  std::string name;
  periodic_change change = periodic_change::enable;

  friend bool operator==(const change_periodic&, const change_periodic&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &change_periodic::name},
                      field{"change", &change_periodic::change}};
  }
};

} // namespace mahavishnu
