// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/patterns/cron_line.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// What becomes of a run that is due while an earlier one has not ended.
enum class overlap_policy : std::uint8_t {
  /// It is left out.
  skip,
  /// It starts when that one ends; no more than one waits.
  queue,
  /// It starts beside it, up to `most_at_once`, and is left out beyond that.
  allow,
  /// That one is cancelled, and it starts when that one has ended.
  cancel_running,
};

/// What becomes of runs whose time passed while nobody looked: after a pause, a restart, a clock
/// that was put forward.
enum class missed_policy : std::uint8_t {
  /// One run stands for all of them.
  run_once,
  skip,
  /// One after the other, the last `most_missed` of them.
  run_all,
};

/// "cancel_running", "run_once".
std::string_view to_string(overlap_policy policy);
std::string_view to_string(missed_policy policy);
/// An error names all of them.
result<overlap_policy> overlap_policy_from_string(std::string_view name);
result<missed_policy> missed_policy_from_string(std::string_view name);

/// When a task is to run, as its owner wants it.
struct schedule_rule {
  /// From the end of a run to the start of the next one.
  std::chrono::milliseconds interval{3'600'000};
  /// From start to start instead, on the beat of the first one.
  bool fixed_rate = false;
  /// Instead of the interval.
  std::optional<cron_line> cron;
  /// The first run; nothing: at once with an interval, at its first time with a cron line.
  std::optional<bool> starts_at_once;
  overlap_policy overlap = overlap_policy::skip;
  std::uint32_t most_at_once = 1;
  missed_policy missed = missed_policy::run_once;
  std::uint32_t most_missed = 100;
  /// Each run is late by chance, between nothing and this.
  std::chrono::milliseconds jitter{0};
  bool enabled = true;
  /// How long a run may take, for whoever starts it; zero: without end.
  std::chrono::milliseconds timeout{0};

  friend bool operator==(const schedule_rule&, const schedule_rule&) = default;
};

result<void> check(const schedule_rule& rule);

/// What has become of a schedule until now; all that a later server must know to go on with it.
struct schedule_state {
  using time_point = std::chrono::system_clock::time_point;

  /// Runs that were started, and those of them that ended with an error.
  std::uint64_t run_count = 0;
  std::uint64_t error_count = 0;
  /// Since the last run without one.
  std::uint64_t consecutive_errors = 0;
  /// Left out because an earlier one was running, and because their time had passed.
  std::uint64_t skipped_count = 0;
  std::uint64_t missed_count = 0;
  std::optional<time_point> last_run;
  std::string last_error;
  /// The next time of the rule, how much later it is by chance, and the last time that was due.
  std::optional<time_point> planned;
  std::chrono::milliseconds delay{0};
  std::optional<time_point> last_planned;
  /// Numbers of the runs that have not ended.
  std::vector<std::uint64_t> running;
  /// Runs that are due and wait for one that is running.
  std::uint32_t owed = 0;

  friend bool operator==(const schedule_state&, const schedule_state&) = default;
};

/// Decides when one task is to run. An error never ends it. Reads no clock and throws no dice: it
/// is told the time and given the source of chance. Unaware of what runs.
///
/// Has to be looked at when next_wake() says so, and about once a minute so that it notices a clock
/// that was set: with an interval nothing waits longer than that interval, however the clock was
/// set back; with a cron line nothing runs twice when it was set back by no more than three hours,
/// and beyond that the new time counts.
class schedule {
public:
  using time_point = schedule_state::time_point;
  using run_number = std::uint64_t;

  /// What is to be done now. Cancelled runs have ended only when ended() says so.
  struct decision {
    std::vector<run_number> start;
    std::vector<run_number> cancel;
  };

  static result<schedule> make(schedule_rule rule, time_point now, std::mt19937_64& chance);
  /// With what an earlier process knew. Its runs that had not ended have ended with that process,
  /// which is an error.
  static result<schedule> resume(schedule_rule rule, schedule_state state, time_point now,
                                 std::mt19937_64& chance);

  decision look(time_point now, std::mt19937_64& chance);
  /// A run that is not of the rule: it starts whatever else runs, also when it is disabled.
  run_number start_now(time_point now);
  /// A run has ended; numbers that are not running do no harm.
  void ended(run_number number, time_point now, const std::optional<std::string>& failure,
             std::mt19937_64& chance);
  /// What was due while it was disabled is missed.
  void set_enabled(bool enabled) { rule_.enabled = enabled; }

  /// When the next run is planned.
  std::optional<time_point> next_run() const;
  /// When to look again, maybe a time that has passed; nothing while only an end can change things.
  std::optional<time_point> next_wake() const;

  const schedule_rule& rule() const { return rule_; }
  const schedule_state& state() const { return state_; }

private:
  /// Times of the rule that have come.
  struct passed_times {
    std::uint64_t count = 0;
    time_point last;
  };

  schedule(schedule_rule rule, schedule_state state)
      : rule_(std::move(rule)), state_(std::move(state)) {}

  bool counts_from_end() const { return !rule_.cron && !rule_.fixed_rate; }
  std::size_t most_running() const;
  void plan(std::optional<time_point> time, std::mt19937_64& chance);
  void notice_clock_set_back(time_point now);
  passed_times take_passed(time_point until, std::mt19937_64& chance);
  void take_due(time_point now, decision& todo, std::mt19937_64& chance);
  void start_owed(time_point now, decision& todo);

  schedule_rule rule_;
  schedule_state state_;
  run_number last_number_ = 0;
};

} // namespace mahavishnu
