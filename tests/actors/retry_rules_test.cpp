// SPDX-License-Identifier: MIT
#include "actors/retry_rules.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <random>

using namespace mahavishnu;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr auto least_chance = std::uint64_t{0};
constexpr auto even_chance = std::uint64_t{1} << 63;
constexpr auto most_chance = UINT64_MAX;

std::string refusal(const retry_policy& wish) {
  auto completed = complete(wish, built_in_retry_policy());
  REQUIRE(completed.has_error());
  CHECK(completed.error().code == errc::invalid_argument);
  return completed.error().message;
}

bool is_good(const retry_policy& wish) {
  return complete(wish, built_in_retry_policy()).has_value();
}

template <class T>
retry_policy with(T retry_policy::*member, const T& value) {
  retry_policy wish;
  wish.*member = value;
  return wish;
}

retry_policy steady(milliseconds delay, std::int32_t factor, milliseconds most,
                    std::int32_t jitter = 0) {
  auto policy = built_in_retry_policy();
  policy.delay = delay;
  policy.factor_percent = factor;
  policy.max_delay = most;
  policy.jitter_percent = jitter;
  return policy;
}

} // namespace

TEST_CASE("without a word from anybody there are no retries") {
  const auto& policy = built_in_retry_policy();
  CHECK(policy.max_attempts == 1);
  CHECK(policy.delay == 1s);
  CHECK(policy.factor_percent == 200);
  CHECK(policy.max_delay == 60s);
  CHECK(policy.jitter_percent == 20);
  CHECK(policy.on == std::vector<std::string>{"failed", "timeout", "lost"});
  CHECK(complete({}, policy).value() == policy);
  CHECK(complete(policy, policy).value() == policy);
}

TEST_CASE("each open member is filled from the defaults and each given one stays") {
  retry_policy defaults{7, 3s, 150, 50s, 5, {"lost"}};
  retry_policy given{3, 2s, 300, 40s, 0, {"failed", "timeout"}};
  CHECK(complete({}, defaults).value() == defaults);
  CHECK(complete(given, defaults).value() == given);
  // One by one: the others must come from the defaults.
  std::apply(
      [&](const auto&... each) {
        auto check_one = [&](auto member) {
          INFO(member.name);
          retry_policy wish;
          auto expected = defaults;
          wish.*member.member = given.*member.member;
          expected.*member.member = given.*member.member;
          CHECK(complete(wish, defaults).value() == expected);
        };
        (check_one(each), ...);
      },
      retry_policy::fields());
}

TEST_CASE("one delay moves the default of the other out of its way") {
  auto longer = complete(with(&retry_policy::delay, milliseconds{5min}), built_in_retry_policy());
  REQUIRE(longer.has_value());
  CHECK(longer->max_delay == 5min);
  auto shorter = complete(with(&retry_policy::max_delay, 20ms), built_in_retry_policy());
  REQUIRE(shorter.has_value());
  CHECK(shorter->delay == 20ms);
}

TEST_CASE("numbers are refused just outside of their ranges, with name, value and range") {
  struct range {
    std::string name;
    std::int32_t retry_policy::*member;
    std::int32_t least, most;
  };
  for (const auto& each : {range{"max_attempts", &retry_policy::max_attempts, 1, 100},
                           range{"factor_percent", &retry_policy::factor_percent, 100, 10000},
                           range{"jitter_percent", &retry_policy::jitter_percent, 0, 100}}) {
    INFO(each.name);
    CHECK(is_good(with(each.member, each.least)));
    CHECK(is_good(with(each.member, each.most)));
    auto lowest = std::numeric_limits<std::int32_t>::min();
    auto highest = std::numeric_limits<std::int32_t>::max();
    // The number just below the least may stand for the default.
    for (auto bad : {each.least - 2, each.most + 1, lowest, highest})
      CHECK(refusal(with(each.member, bad)) ==
            each.name + " must be between " + std::to_string(each.least) + " and " +
                std::to_string(each.most) + ", not " + std::to_string(bad));
  }
}

TEST_CASE("delays are refused just outside of their ranges, with name, value and range") {
  CHECK(is_good(with(&retry_policy::delay, 1ms)));
  CHECK(is_good(with(&retry_policy::delay, milliseconds{24h})));
  CHECK(refusal(with(&retry_policy::delay, -1ms)) ==
        "delay must be between 1 ms and 24 h, not -1 ms");
  CHECK(refusal(with(&retry_policy::delay, 24h + 1ms)) ==
        "delay must be between 1 ms and 24 h, not 86400001 ms");
  for (auto bad : {milliseconds::min(), milliseconds::max()}) {
    CHECK_THAT(refusal(with(&retry_policy::delay, bad)), ContainsSubstring("delay must be"));
    CHECK_THAT(refusal(with(&retry_policy::max_delay, bad)),
               ContainsSubstring("max_delay must be"));
  }

  CHECK(is_good(with(&retry_policy::max_delay, 1ms)));
  CHECK(is_good(with(&retry_policy::max_delay, milliseconds{24h * 30})));
  auto upside_down = with(&retry_policy::delay, 2000ms);
  upside_down.max_delay = 1999ms;
  CHECK(refusal(upside_down) ==
        "max_delay must be between delay (2000 ms) and 30 days, not 1999 ms");
  upside_down.max_delay = 2000ms;
  CHECK(is_good(upside_down));
  CHECK_THAT(refusal(with(&retry_policy::max_delay, 24h * 30 + 1ms)),
             ContainsSubstring("max_delay") && ContainsSubstring("not 2592000001 ms"));
  CHECK_THAT(refusal(with(&retry_policy::max_delay, -1ms)), ContainsSubstring("not -1 ms"));
}

TEST_CASE("only ends that are failures can be tried again") {
  using names = std::vector<std::string>;
  for (const auto& good : {names{"failed"}, names{"lost", "timeout"}})
    CHECK(complete(with(&retry_policy::on, good), built_in_retry_policy())->on == good);
  for (const auto& bad : {"completed", "cancelled", "queued", "timed_out", "Failed", ""})
    CHECK(refusal(with(&retry_policy::on, names{"failed", bad})) ==
          "on must be any of failed, timeout and lost, not '" + std::string{bad} + "'");
  CHECK(refusal(with(&retry_policy::on, names{std::string(10000, 'x')})).size() < 200);
}

TEST_CASE("an end that is named more than once is kept once") {
  retry_policy wish;
  for (int i = 0; i < 1000; ++i)
    wish.on.emplace_back(i % 2 ? "failed" : "lost");
  CHECK(complete(wish, built_in_retry_policy())->on == std::vector<std::string>{"lost", "failed"});
}

TEST_CASE("an end counts when it is a failure and the policy names it") {
  constexpr auto all = enum_names<task_status>::values;
  auto policy = built_in_retry_policy();
  policy.on.assign(all.begin(), all.end()); // also what no check lets pass
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i]);
    auto end = static_cast<task_status>(i);
    auto is_failure =
        end == task_status::failed || end == task_status::timed_out || end == task_status::lost;
    CHECK(counts(policy, end) == is_failure);
    CHECK(counts(built_in_retry_policy(), end) == is_failure);
    for (auto name : {"failed", "timeout", "lost"})
      CHECK(counts(with(&retry_policy::on, {std::string{name}}), end) == (all[i] == name));
  }
  CHECK_FALSE(counts(policy, static_cast<task_status>(200)));
}

TEST_CASE("delays grow by the factor up to the longest one") {
  auto policy = steady(1s, 200, 60s);
  std::vector<milliseconds> delays;
  for (std::int32_t attempt = 2; attempt <= 9; ++attempt)
    delays.push_back(delay_before(policy, attempt, even_chance));
  CHECK(delays == std::vector<milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
  CHECK(delay_before(steady(100ms, 100, 60s), 50, 7) == 100ms);
  CHECK(delay_before(steady(10ms, 10000, 24h), 4, 7) == 100s);
}

TEST_CASE("a short delay grows too") {
  auto policy = steady(1ms, 150, 60s);
  CHECK(delay_before(policy, 2, 0) == 1ms);
  CHECK(delay_before(policy, 4, 0) == 2ms); // 2.25
  CHECK(delay_before(policy, 100, 0) == 60s);
}

TEST_CASE("chance makes a delay shorter or longer by its percentage") {
  auto policy = steady(1s, 200, 60s, 20);
  CHECK(delay_before(policy, 2, least_chance) == 800ms);
  CHECK(delay_before(policy, 2, even_chance) == 1s);
  CHECK(delay_before(policy, 2, most_chance) == 1200ms);
  CHECK(delay_before(policy, 3, least_chance) == 1600ms);
  CHECK(delay_before(policy, 9, least_chance) == 48s);
  CHECK(delay_before(policy, 9, most_chance) == 60s); // never above the longest
  CHECK(delay_before(steady(1s, 200, 60s, 100), 2, least_chance) == 1ms);
  CHECK(delay_before(steady(1s, 200, 60s, 100), 2, most_chance) == 2s);
  CHECK(delay_before(steady(1s, 200, 60s, 0), 2, most_chance) == 1s);
}

TEST_CASE("delays of any checked policy stay in their bounds and spread evenly") {
  std::mt19937_64 random{test::seed()};
  auto between = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  for (int round = 0; round < 2000; ++round) {
    retry_policy wish;
    wish.delay = milliseconds{between(1, random() % 2 ? 5000 : 86'400'000)};
    wish.factor_percent = static_cast<std::int32_t>(between(100, random() % 2 ? 300 : 10000));
    wish.max_delay = milliseconds{between(wish.delay.count(), 2'592'000'000)};
    wish.jitter_percent = static_cast<std::int32_t>(between(0, 100));
    auto policy = complete(wish, built_in_retry_policy()).value();
    long double ideal = static_cast<long double>(policy.delay.count());
    for (std::int32_t attempt = 2; attempt <= 100; ++attempt) {
      auto delay = delay_before(policy, attempt, random());
      REQUIRE(delay >= 1ms);
      REQUIRE(delay <= policy.max_delay);
      auto jitter = ideal * policy.jitter_percent / 100;
      REQUIRE(static_cast<long double>(delay.count()) >= ideal - jitter - 1);
      REQUIRE(static_cast<long double>(delay.count()) <= ideal + jitter + 1);
      ideal = std::min(ideal * policy.factor_percent / 100,
                       static_cast<long double>(policy.max_delay.count()));
    }
  }
  auto policy = steady(1s, 100, 60s, 50);
  double sum = 0;
  for (int i = 0; i < 10000; ++i)
    sum += static_cast<double>(delay_before(policy, 2, random()).count());
  CHECK(std::abs(sum / 10000 - 1000) < 20); // seven standard deviations
}

TEST_CASE("a policy that was never checked cannot break the delay") {
  std::mt19937_64 random{test::seed()};
  const std::int32_t numbers[]{std::numeric_limits<std::int32_t>::min(), -1, 0, 1, 100, 101, 10000,
                               std::numeric_limits<std::int32_t>::max()};
  const milliseconds durations[]{milliseconds::min(), -1ms, 0ms, 1ms, 60s, milliseconds::max()};
  for (auto factor : numbers)
    for (auto jitter : numbers)
      for (auto attempt : numbers)
        for (auto delay : durations)
          for (auto most : durations)
            for (auto chance : {least_chance, even_chance, most_chance, random()}) {
              auto answer = delay_before(steady(delay, factor, most, jitter), attempt, chance);
              REQUIRE(answer >= 1ms);
              REQUIRE(answer <= std::clamp<milliseconds>(most, 1ms, 24h * 30));
            }
}
