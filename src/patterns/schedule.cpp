// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/schedule.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu {

namespace {

using namespace std::chrono_literals;
using time_point = schedule::time_point;

constexpr std::array<std::string_view, 4> overlap_names{"skip", "queue", "allow", "cancel_running"};
constexpr std::array<std::string_view, 3> missed_names{"run_once", "skip", "run_all"};

/// Later than that a run has been missed.
constexpr auto late = 60s;
/// A clock that goes back by no more than that goes over times that have been.
constexpr auto small_step_back = 3h;

constexpr std::chrono::milliseconds longest_interval = 24h * 3660;
constexpr std::uint32_t most_runs = 1000;
constexpr std::size_t longest_error = 1000;

template <class Policy, std::size_t N>
result<Policy> from_string(const std::array<std::string_view, N>& names, std::string_view name,
                           std::string_view what) {
  auto found = std::ranges::find(names, name);
  if (found != names.end())
    return static_cast<Policy>(found - names.begin());
  std::string known;
  for (auto each : names)
    known.append(known.empty() ? "" : ", ").append(each);
  return error{errc::invalid_argument, "there is no " + std::string{what} + " policy '" +
                                           std::string{name} + "'; take one of " + known};
}

error bad(const std::string& what) {
  return {errc::invalid_argument, what};
}

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(time / 1s) + " s";
}

/// Clocks and files may say anything; sums of times must not overflow.
time_point within_range(time_point time) {
  return std::clamp(time, time_point{} - 24h * 36500, time_point{} + 24h * 73000);
}

} // namespace

std::string_view to_string(overlap_policy policy) {
  return overlap_names.at(static_cast<std::size_t>(policy));
}

std::string_view to_string(missed_policy policy) {
  return missed_names.at(static_cast<std::size_t>(policy));
}

result<overlap_policy> overlap_policy_from_string(std::string_view name) {
  return from_string<overlap_policy>(overlap_names, name, "overlap");
}

result<missed_policy> missed_policy_from_string(std::string_view name) {
  return from_string<missed_policy>(missed_names, name, "missed-run");
}

result<void> check(const schedule_rule& rule) {
  if (rule.interval <= 0ms || rule.interval > longest_interval)
    return bad("the interval of a periodic task must be more than nothing and at most " +
               in_seconds(longest_interval));
  if (rule.cron && rule.fixed_rate)
    return bad("a periodic task with a cron line has no fixed rate; leave one of them out");
  if (rule.most_at_once < 1 || rule.most_at_once > most_runs)
    return bad("a periodic task can have 1 to " + std::to_string(most_runs) +
               " runs at once, not " + std::to_string(rule.most_at_once));
  if (rule.most_missed < 1 || rule.most_missed > most_runs)
    return bad("a periodic task can catch up with 1 to " + std::to_string(most_runs) +
               " missed runs, not " + std::to_string(rule.most_missed));
  if (rule.jitter < 0ms || rule.jitter > longest_interval)
    return bad("the jitter of a periodic task must be 0 to " + in_seconds(longest_interval));
  if (rule.timeout < 0ms || rule.timeout > longest_interval)
    return bad("the time-out of a periodic task must be 0 (none) to " +
               in_seconds(longest_interval));
  return {};
}

result<schedule> schedule::make(schedule_rule rule, time_point now, std::mt19937_64& chance) {
  return resume(std::move(rule), {}, now, chance);
}

result<schedule> schedule::resume(schedule_rule rule, schedule_state state, time_point now,
                                  std::mt19937_64& chance) {
  if (auto good = check(rule); !good)
    return good.error();
  now = within_range(now);
  for (auto* time : {&state.last_run, &state.planned, &state.last_planned})
    if (*time)
      *time = within_range(**time);
  state.delay = std::clamp(state.delay, 0ms, rule.jitter);
  state.owed = std::min(state.owed, rule.most_missed);

  schedule made{std::move(rule), std::move(state)};
  auto& known = made.state_;
  if (!known.running.empty()) {
    known.error_count += known.running.size();
    known.consecutive_errors += known.running.size();
    known.last_error = "the run was interrupted: its server has ended";
    known.running.clear();
    if (made.counts_from_end())
      made.plan(known.last_run.value_or(now) + made.rule_.interval, chance);
  }
  if (known.planned)
    return made;
  if (known.run_count == 0 && made.rule_.starts_at_once.value_or(!made.rule_.cron)) {
    known.planned = now;
    known.delay = 0ms;
  } else if (made.rule_.cron) {
    made.plan(made.rule_.cron->next_after(now), chance);
  } else {
    made.plan(now + made.rule_.interval, chance);
  }
  return made;
}

schedule::decision schedule::look(time_point now, std::mt19937_64& chance) {
  decision todo;
  if (!rule_.enabled)
    return todo;
  now = within_range(now);
  notice_clock_set_back(now);
  if (state_.planned && *state_.planned + state_.delay <= now)
    take_due(now, todo, chance);
  start_owed(now, todo);
  return todo;
}

schedule::run_number schedule::start_now(time_point now) {
  state_.running.push_back(++last_number_);
  ++state_.run_count;
  state_.last_run = now;
  return last_number_;
}

void schedule::ended(run_number number, time_point now, const std::optional<std::string>& failure,
                     std::mt19937_64& chance) {
  if (std::erase(state_.running, number) == 0)
    return;
  if (failure) {
    ++state_.error_count;
    ++state_.consecutive_errors;
    state_.last_error = first_bytes(*failure, longest_error);
  } else {
    state_.consecutive_errors = 0;
  }
  if (counts_from_end() && state_.running.empty() && state_.owed == 0)
    plan(within_range(now) + rule_.interval, chance);
}

std::optional<schedule::time_point> schedule::next_run() const {
  if (!rule_.enabled || !state_.planned)
    return {};
  return *state_.planned + state_.delay;
}

std::optional<schedule::time_point> schedule::next_wake() const {
  if (rule_.enabled && state_.owed > 0 && state_.running.size() < most_running())
    return time_point{};
  return next_run();
}

std::size_t schedule::most_running() const {
  return rule_.overlap == overlap_policy::allow ? rule_.most_at_once : 1;
}

void schedule::plan(std::optional<time_point> time, std::mt19937_64& chance) {
  state_.planned = time;
  auto most = static_cast<std::uint64_t>(rule_.jitter.count());
  // The same numbers on every machine, unlike those of a std distribution.
  state_.delay = std::chrono::milliseconds{most == 0 ? 0 : chance() % (most + 1)};
}

void schedule::notice_clock_set_back(time_point now) {
  if (!state_.planned)
    return;
  auto latest = std::optional{now + rule_.interval};
  if (rule_.cron) {
    if (state_.last_planned && *state_.last_planned > now + small_step_back)
      state_.last_planned.reset();
    latest = rule_.cron->next_after(std::max(now, state_.last_planned.value_or(now)));
  }
  if (latest && *state_.planned > *latest)
    state_.planned = latest;
}

schedule::passed_times schedule::take_passed(time_point until, std::mt19937_64& chance) {
  passed_times passed{1, *state_.planned};
  if (counts_from_end()) {
    plan({}, chance);
  } else if (!rule_.cron) {
    auto more = (until - passed.last) / rule_.interval;
    passed.count += static_cast<std::uint64_t>(more);
    passed.last += more * rule_.interval;
    plan(passed.last + rule_.interval, chance);
  } else {
    auto next = rule_.cron->next_after(passed.last);
    for (; next && *next <= until; next = rule_.cron->next_after(*next)) {
      ++passed.count;
      passed.last = *next;
      if (passed.count > most_runs) // years of minutes: counted no further
        next = std::max(*next, until - late);
    }
    plan(next, chance);
  }
  return passed;
}

void schedule::take_due(time_point now, decision& todo, std::mt19937_64& chance) {
  auto until = now - state_.delay;
  auto passed = take_passed(until, chance);
  state_.last_planned = passed.last;
  std::uint64_t in_time = until - passed.last <= late ? 1 : 0;
  auto wanted = in_time;
  if (rule_.missed == missed_policy::run_once)
    wanted = 1;
  else if (rule_.missed == missed_policy::run_all)
    wanted += std::min<std::uint64_t>(passed.count - in_time, rule_.most_missed);
  state_.missed_count += passed.count - std::min(wanted, passed.count);
  if (wanted == 0) {
    if (counts_from_end())
      plan(now + rule_.interval, chance);
    return;
  }

  // Those that are caught up with come one after the other, whatever the policy for overlaps.
  auto owed = state_.owed + wanted - 1;
  if (state_.running.size() < most_running()) {
    ++owed;
  } else if (rule_.overlap == overlap_policy::skip || rule_.overlap == overlap_policy::allow) {
    ++state_.skipped_count;
  } else {
    if (rule_.overlap == overlap_policy::cancel_running)
      todo.cancel = state_.running;
    if (owed == 0)
      owed = 1;
    else
      ++state_.skipped_count;
  }
  state_.owed = static_cast<std::uint32_t>(std::min<std::uint64_t>(owed, rule_.most_missed));
}

void schedule::start_owed(time_point now, decision& todo) {
  for (; state_.owed > 0 && state_.running.size() < most_running(); --state_.owed)
    todo.start.push_back(start_now(now));
}

} // namespace mahavishnu
