// SPDX-License-Identifier: MIT
#include "actors/retry_rules.hpp"

#include <algorithm>
#include <cmath>

namespace mahavishnu {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_delay{1};
constexpr milliseconds longest_delay = std::chrono::hours{24};
constexpr milliseconds longest_max_delay = std::chrono::hours{24 * 30};
constexpr std::size_t longest_quote = 64;

constexpr task_status ends[]{task_status::failed, task_status::timed_out, task_status::lost};

error wrong(std::string_view what, const std::string& value, std::string_view range) {
  return {errc::invalid_argument,
          std::string{what} + " must be " + std::string{range} + ", not " + value};
}

std::string text(milliseconds duration) {
  return std::to_string(duration.count()) + " ms";
}

bool is_end(std::string_view name) {
  return std::ranges::any_of(ends, [&](task_status each) { return to_string(each) == name; });
}

} // namespace

const retry_policy& built_in_retry_policy() {
  static const retry_policy policy = [] {
    retry_policy all;
    all.max_attempts = 1;
    all.delay = std::chrono::seconds{1};
    all.factor_percent = 200;
    all.max_delay = std::chrono::seconds{60};
    all.jitter_percent = 20;
    for (auto each : ends)
      all.on.emplace_back(to_string(each));
    return all;
  }();
  return policy;
}

result<retry_policy> complete(retry_policy wish, const retry_policy& defaults) {
  if (wish.max_attempts == 0)
    wish.max_attempts = defaults.max_attempts;
  // A wish that sets one delay moves the default of the other out of its way.
  if (wish.delay.count() == 0)
    wish.delay =
        wish.max_delay.count() > 0 ? std::min(defaults.delay, wish.max_delay) : defaults.delay;
  if (wish.max_delay.count() == 0)
    wish.max_delay = std::max(defaults.max_delay, wish.delay);
  if (wish.factor_percent == 0)
    wish.factor_percent = defaults.factor_percent;
  if (wish.jitter_percent == -1)
    wish.jitter_percent = defaults.jitter_percent;
  if (wish.on.empty())
    wish.on = defaults.on;

  if (wish.max_attempts < 1 || wish.max_attempts > 100)
    return wrong("max_attempts", std::to_string(wish.max_attempts), "between 1 and 100");
  if (wish.delay < shortest_delay || wish.delay > longest_delay)
    return wrong("delay", text(wish.delay), "between 1 ms and 24 h");
  if (wish.factor_percent < 100 || wish.factor_percent > 10000)
    return wrong("factor_percent", std::to_string(wish.factor_percent), "between 100 and 10000");
  if (wish.max_delay < wish.delay || wish.max_delay > longest_max_delay)
    return wrong("max_delay", text(wish.max_delay),
                 "between delay (" + text(wish.delay) + ") and 30 days");
  if (wish.jitter_percent < 0 || wish.jitter_percent > 100)
    return wrong("jitter_percent", std::to_string(wish.jitter_percent), "between 0 and 100");

  std::vector<std::string> once; // a peer may name one a million times
  for (auto& each : wish.on) {
    if (!is_end(each))
      return wrong("on", "'" + each.substr(0, longest_quote) + "'",
                   "any of failed, timeout and lost");
    if (std::ranges::find(once, each) == once.end())
      once.push_back(std::move(each));
  }
  wish.on = std::move(once);
  return wish;
}

bool counts(const retry_policy& policy, task_status end) {
  // Names alone do not decide: a policy that was never checked could name `completed`.
  return std::ranges::find(ends, end) != std::end(ends) &&
         std::ranges::find(policy.on, to_string(end)) != policy.on.end();
}

milliseconds delay_before(const retry_policy& policy, std::int32_t attempt, std::uint64_t random) {
  // Fractions, since 1 ms times 150 % would stay 1 ms; what grows to infinity is cut here.
  auto least = static_cast<double>(shortest_delay.count());
  auto most = std::clamp(static_cast<double>(policy.max_delay.count()), least,
                         static_cast<double>(longest_max_delay.count()));
  auto first = std::clamp(static_cast<double>(policy.delay.count()), least, most);
  auto factor = std::max(policy.factor_percent, 100) / 100.0;
  auto delay = std::min(first * std::pow(factor, std::max(attempt, 2) - 2.0), most);

  auto spread = delay * std::clamp(policy.jitter_percent, 0, 100) / 100;
  auto chance = static_cast<double>(random) / static_cast<double>(UINT64_MAX); // 0 to 1
  delay += spread * (2 * chance - 1);
  return milliseconds{std::llround(std::clamp(delay, least, most))};
}

} // namespace mahavishnu
