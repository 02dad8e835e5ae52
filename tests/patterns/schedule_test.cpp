// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/schedule.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <deque>
#include <map>

using namespace mahavishnu;
using namespace std::chrono_literals;
using time_point = schedule::time_point;
using numbers = std::vector<schedule::run_number>;

namespace {

/// Friday, 2026-11-20 12:00:30.
const time_point start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h + 30s;

/// A schedule with its own clock.
struct watched_schedule {
  std::mt19937_64 chance{test::seed()};
  time_point now = start;
  schedule when;

  explicit watched_schedule(schedule_rule rule)
      : when(schedule::make(std::move(rule), start, chance).value()) {}

  schedule::decision look() { return when.look(now, chance); }
  numbers started() { return look().start; }
  void end(schedule::run_number number) { when.ended(number, now, {}, chance); }
  void fail(schedule::run_number number, const std::string& why) {
    when.ended(number, now, why, chance);
  }
  /// A later process takes over.
  void restart() { when = schedule::resume(when.rule(), when.state(), now, chance).value(); }
};

schedule_rule every(std::chrono::milliseconds interval) {
  schedule_rule rule;
  rule.interval = interval;
  return rule;
}

schedule_rule beat(std::chrono::milliseconds interval, overlap_policy overlap = {}) {
  auto rule = every(interval);
  rule.fixed_rate = true;
  rule.overlap = overlap;
  return rule;
}

schedule_rule at(std::string_view line) {
  schedule_rule rule;
  rule.cron = cron_line::parse(line).value();
  return rule;
}

std::string refusal(const schedule_rule& rule) {
  auto checked = check(rule);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().code == errc::invalid_argument);
  return checked.error().message;
}

} // namespace

TEST_CASE("the first run is at once and the interval counts from the end of a run") {
  watched_schedule task{every(60s)};
  CHECK(task.when.next_wake() == start);
  CHECK(task.started() == numbers{1});
  CHECK_FALSE(task.when.next_wake());
  task.now += 5min;
  CHECK(task.started().empty());
  task.end(1);
  CHECK(task.when.next_run() == task.now + 60s);
  task.now += 59s;
  CHECK(task.started().empty());
  task.now += 1s;
  CHECK(task.started() == numbers{2});
  CHECK(task.when.state().run_count == 2);
  CHECK(task.when.state().last_run == task.now);
}

TEST_CASE(
    "the first run waits when it is told to, and that of a cron line unless it is told not to") {
  auto rule = every(60s);
  rule.starts_at_once = false;
  CHECK(watched_schedule{rule}.when.next_run() == start + 60s);
  CHECK(watched_schedule{at("* * * * *")}.when.next_run() == start + 30s);
  rule = at("* * * * *");
  rule.starts_at_once = true;
  watched_schedule task{rule};
  CHECK(task.started() == numbers{1});
  task.end(1);
  CHECK(task.when.next_run() == start + 30s);
}

TEST_CASE("a fixed rate keeps its beat whatever a run takes") {
  watched_schedule task{beat(60s)};
  CHECK(task.started() == numbers{1});
  CHECK(task.when.next_run() == start + 60s);
  task.now += 45s;
  task.end(1);
  CHECK(task.when.next_run() == start + 60s);
  task.now = start + 61s;
  CHECK(task.started() == numbers{2});
  CHECK(task.when.next_run() == start + 120s);
}

TEST_CASE("errors are counted and never end a schedule") {
  watched_schedule task{every(1s)};
  for (schedule::run_number number = 1; number <= 50; ++number) {
    REQUIRE(task.started() == numbers{number});
    task.fail(number, "exit code 3");
    task.now += 1s;
  }
  CHECK(task.when.state().error_count == 50);
  CHECK(task.when.state().consecutive_errors == 50);
  CHECK(task.when.state().last_error == "exit code 3");
  REQUIRE(task.started() == numbers{51});
  task.end(51);
  CHECK(task.when.state().error_count == 50);
  CHECK(task.when.state().consecutive_errors == 0);
  task.fail(51, "twice"); // has ended already
  task.fail(99, "never was");
  CHECK(task.when.state().error_count == 50);
}

TEST_CASE("what a run says in its error is kept within bounds") {
  watched_schedule task{every(1s)};
  task.look();
  task.fail(1, std::string(1 << 20, 'x'));
  CHECK(task.when.state().last_error.size() == 1000);
}

TEST_CASE("a run that would overlap is left out by default") {
  watched_schedule task{beat(60s)};
  CHECK(task.started() == numbers{1});
  task.now += 60s;
  CHECK(task.started().empty());
  task.now += 60s;
  CHECK(task.started().empty());
  CHECK(task.when.state().skipped_count == 2);
  task.end(1);
  CHECK(task.started().empty());
  task.now += 60s;
  CHECK(task.started() == numbers{2});
}

TEST_CASE("one run that would overlap waits when overlaps are queued") {
  watched_schedule task{beat(60s, overlap_policy::queue)};
  CHECK(task.started() == numbers{1});
  for (int i = 0; i < 3; ++i) {
    task.now += 60s;
    CHECK(task.started().empty());
  }
  CHECK(task.when.state().skipped_count == 2);
  task.now += 10s;
  task.end(1);
  CHECK(task.when.next_wake() < task.now);
  CHECK(task.started() == numbers{2});
  task.end(2);
  CHECK(task.started().empty());
}

TEST_CASE("so many runs are beside each other as overlaps are allowed") {
  auto rule = beat(60s, overlap_policy::allow);
  rule.most_at_once = 3;
  watched_schedule task{rule};
  for (schedule::run_number number = 1; number <= 3; ++number) {
    CHECK(task.started() == numbers{number});
    task.now += 60s;
  }
  CHECK(task.started().empty());
  CHECK(task.when.state().skipped_count == 1);
  task.end(2);
  task.now += 60s;
  CHECK(task.started() == numbers{4});
  CHECK(task.when.state().running == numbers{1, 3, 4});
}

TEST_CASE(
    "a running one is cancelled when that is the policy, and the next one starts at its end") {
  watched_schedule task{beat(60s, overlap_policy::cancel_running)};
  CHECK(task.started() == numbers{1});
  task.now += 60s;
  auto todo = task.look();
  CHECK(todo.cancel == numbers{1});
  CHECK(todo.start.empty());
  CHECK(task.look().cancel.empty());
  task.now += 1s;
  task.fail(1, "cancelled");
  CHECK(task.started() == numbers{2});
}

TEST_CASE("one run stands for all that were missed") {
  watched_schedule task{beat(60s)};
  task.look();
  task.end(1);
  task.now += 10min + 5s;
  CHECK(task.started() == numbers{2});
  CHECK(task.when.state().missed_count == 9);
  CHECK(task.when.next_run() == start + 11min);
  task.end(2);
  CHECK(task.started().empty());
}

TEST_CASE("missed runs are left out when that is the policy, and one in time is not missed") {
  auto rule = at("*/10 * * * *");
  rule.missed = missed_policy::skip;
  watched_schedule task{rule};
  task.now += 35min; // 12:35:30: five and a half minutes late
  CHECK(task.started().empty());
  CHECK(task.when.state().missed_count == 3);
  CHECK(task.when.next_run() == start + 39min + 30s);
  task.now = start + 1h + 9min + 40s; // ten seconds late
  CHECK(task.started() == numbers{1});
  CHECK(task.when.state().missed_count == 6);

  rule = every(10min);
  rule.missed = missed_policy::skip;
  watched_schedule counted{rule};
  counted.look();
  counted.end(1);
  counted.now += 20min;
  CHECK(counted.started().empty());
  CHECK(counted.when.next_run() == counted.now + 10min);
}

TEST_CASE("missed runs are caught up with one after the other, up to a bound") {
  auto rule = at("*/10 * * * *");
  rule.missed = missed_policy::run_all;
  rule.most_missed = 4;
  watched_schedule task{rule};
  task.now += 24h + 5min; // 144 times, the last one some minutes ago
  for (schedule::run_number number = 1; number <= 4; ++number) {
    CHECK(task.started() == numbers{number});
    CHECK(task.started().empty());
    task.end(number);
  }
  CHECK(task.started().empty());
  CHECK(task.when.state().missed_count == 140);
  CHECK(task.when.state().skipped_count == 0);
}

TEST_CASE("years of missed minutes take no time and are a number without meaning") {
  watched_schedule task{at("* * * * *")};
  task.now += 24h * 365 * 20;
  CHECK(task.started() == numbers{1});
  CHECK(task.when.state().missed_count >= 1000);
  CHECK(*task.when.next_run() > task.now);
  CHECK(*task.when.next_run() <= task.now + 60s);
}

TEST_CASE("nothing is due while a task is disabled, and afterwards what was missed is") {
  watched_schedule task{beat(60s)};
  task.look();
  task.end(1);
  task.when.set_enabled(false);
  CHECK_FALSE(task.when.next_wake());
  CHECK_FALSE(task.when.next_run());
  task.now += 1h;
  CHECK(task.started().empty());
  task.when.set_enabled(true);
  CHECK(task.started() == numbers{2});
}

TEST_CASE("a restart goes on with the plan and counts an interrupted run as an error") {
  watched_schedule task{every(60s)};
  task.look();
  task.now += 10s;
  task.restart();
  CHECK(task.when.state().error_count == 1);
  CHECK(task.when.state().consecutive_errors == 1);
  CHECK(task.when.state().last_error == "the run was interrupted: its server has ended");
  CHECK(task.started().empty());
  CHECK(task.when.next_run() == start + 60s);
  task.now = start + 1h;
  CHECK(task.started() == numbers{1});
  task.end(1);
  task.restart();
  CHECK(task.started().empty());
  CHECK(task.when.state().run_count == 2);
}

TEST_CASE("a run is late by chance, within the jitter, and the beat does not move") {
  auto rule = beat(60s);
  rule.jitter = 20s;
  watched_schedule task{rule};
  CHECK(task.when.next_run() == start); // at once means at once
  task.look();
  task.end(1);
  std::vector<time_point> due;
  for (int i = 1; i <= 200; ++i) {
    auto planned = start + i * 60s;
    auto next = task.when.next_run();
    REQUIRE(next.has_value());
    REQUIRE(*next >= planned);
    REQUIRE(*next <= planned + 20s);
    due.push_back(*next);
    task.now = *next - 1ms;
    REQUIRE(task.started().empty());
    task.now = *next;
    auto started = task.started();
    REQUIRE(started.size() == 1);
    task.end(started.front());
  }
  CHECK(task.when.state().missed_count == 0);
  // It is chance: both halves come.
  auto late = std::ranges::count_if(due, [](auto time) { return (time - start) % 60s > 10s; });
  CHECK(late > 50);
  CHECK(late < 150);
}

TEST_CASE("a clock that is set back makes nothing wait longer than an interval") {
  watched_schedule task{every(60s)};
  task.look();
  task.end(1);
  task.now -= 24h;
  CHECK(task.started().empty());
  CHECK(task.when.next_run() == task.now + 60s);
  task.now += 60s;
  CHECK(task.started() == numbers{2});
}

TEST_CASE(
    "a clock that is set back a little runs no cron line twice, one that is set back far does") {
  watched_schedule task{at("0 * * * *")};
  task.now = start + 59min + 30s; // 13:00:00
  CHECK(task.started() == numbers{1});
  task.end(1);
  task.now -= 2h; // 11:00:00
  CHECK(task.started().empty());
  CHECK(task.when.next_run() == start + 1h + 59min + 30s);
  task.now -= 48h;
  CHECK(task.started().empty());
  CHECK(task.when.next_run() == task.now + 1h);
}

TEST_CASE("a clock that is put forward and back leaves no plan for another century") {
  for (const auto& rule : {every(60s), beat(60s), at("* * * * *")}) {
    watched_schedule task{rule};
    task.now = start + 24h * 36500;
    auto started = task.started();
    REQUIRE(started.size() == 1);
    task.end(1);
    task.now = start;
    task.look();
    auto next = task.when.next_run();
    REQUIRE(next.has_value());
    CHECK(*next <= start + 60s);
  }
}

TEST_CASE("an impossible clock does no harm") {
  for (const auto& rule : {every(60s), beat(60s), at("* * * * *")})
    for (auto extreme : {time_point::min(), time_point::max()}) {
      watched_schedule task{rule};
      task.now = extreme;
      task.look();
      task.end(1);
      task.restart();
      task.now = start;
      task.look();
      auto next = task.when.next_run();
      CHECK((!next || *next <= start + 60s));
    }
}

TEST_CASE("a rule that makes no sense is told why") {
  CHECK_THAT(refusal(every(0s)), ContainsSubstring("interval"));
  CHECK_THAT(refusal(every(-1s)), ContainsSubstring("interval"));
  CHECK_THAT(refusal(every(std::chrono::milliseconds::max())), ContainsSubstring("interval"));
  auto rule = at("@daily");
  rule.fixed_rate = true;
  CHECK_THAT(refusal(rule), ContainsSubstring("fixed rate"));
  rule = {};
  rule.most_at_once = 0;
  CHECK_THAT(refusal(rule), ContainsSubstring("at once"));
  rule = {};
  rule.most_missed = 100'000;
  CHECK_THAT(refusal(rule), ContainsSubstring("missed"));
  rule = {};
  rule.jitter = -1s;
  CHECK_THAT(refusal(rule), ContainsSubstring("jitter"));
  rule = {};
  rule.timeout = -1s;
  CHECK_THAT(refusal(rule), ContainsSubstring("time-out"));
}

TEST_CASE("a run by hand is one more, and the next one is counted from its end") {
  auto rule = every(60s);
  rule.enabled = false;
  watched_schedule task{rule};
  CHECK(task.started().empty());
  auto number = task.when.start_now(task.now);
  CHECK(task.when.state().run_count == 1);
  CHECK(task.when.state().running == std::vector{number});
  task.now += 30s;
  task.end(number);
  task.when.set_enabled(true);
  CHECK(task.started().empty());
  task.now += 61s;
  CHECK(task.started().size() == 1);
}

TEST_CASE("a policy is found by its name and a wrong name is told all of them") {
  for (auto policy : {overlap_policy::skip, overlap_policy::queue, overlap_policy::allow,
                      overlap_policy::cancel_running})
    CHECK(overlap_policy_from_string(to_string(policy)).value() == policy);
  for (auto policy : {missed_policy::run_once, missed_policy::skip, missed_policy::run_all})
    CHECK(missed_policy_from_string(to_string(policy)).value() == policy);
  CHECK_THAT(overlap_policy_from_string("all").error().message,
             ContainsSubstring("cancel_running"));
  CHECK_THAT(missed_policy_from_string("all").error().message, ContainsSubstring("run_all"));
}

TEST_CASE("whatever happens, no more runs are beside each other than the policy says") {
  std::mt19937_64 random{test::seed()};
  for (int round = 0; round < 200; ++round) {
    auto rule = random() % 3 == 0   ? at("*/" + std::to_string(1 + random() % 20) + " * * * *")
                : random() % 2 == 0 ? every(std::chrono::seconds{1 + random() % 300})
                                    : beat(std::chrono::seconds{1 + random() % 300});
    rule.overlap = static_cast<overlap_policy>(random() % 4);
    rule.missed = static_cast<missed_policy>(random() % 3);
    rule.most_at_once = 1 + random() % 4;
    rule.most_missed = 1 + random() % 5;
    rule.jitter = std::chrono::seconds{random() % 100};
    watched_schedule task{rule};
    std::deque<schedule::run_number> running;
    std::uint64_t count = 0;
    for (int step = 0; step < 300; ++step) {
      for (auto number : task.started()) {
        running.push_back(number);
        ++count;
      }
      std::size_t most = rule.overlap == overlap_policy::allow ? rule.most_at_once : 1;
      REQUIRE(running.size() <= most);
      REQUIRE(task.when.state().run_count == count);
      REQUIRE(task.when.state().owed <= rule.most_missed);
      REQUIRE(task.when.rule().enabled);
      // It always goes on: something runs, or there is a time to wake up.
      REQUIRE((!running.empty() || task.when.next_wake().has_value()));
      if (!running.empty() && random() % 2 == 0) {
        task.end(running.front());
        running.pop_front();
      }
      switch (random() % 20) {
      case 0: task.now -= std::chrono::seconds{random() % 100'000}; break;
      case 1: task.now += std::chrono::seconds{random() % 1'000'000}; break;
      default: task.now += std::chrono::seconds{random() % 200}; break;
      }
    }
  }
}
