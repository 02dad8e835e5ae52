// SPDX-License-Identifier: MIT
#include "mcp/server/caller_limits.hpp"

#include <algorithm>
#include <cmath>

namespace mahavishnu::mcp::server {

using namespace std::chrono_literals;

namespace {

double whole_of(const limit_rules& rules) {
  return std::max<double>(rules.burst, 1);
}

double per_second(const limit_rules& rules) {
  return rules.per_minute / 60.0;
}

std::chrono::seconds time_for(double missing, const limit_rules& rules) {
  if (missing <= 0 || rules.per_minute == 0)
    return 0s;
  // Not less than it is, since whoever comes too early is refused again.
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(missing / per_second(rules)))};
}

} // namespace

double caller_usage::left_at(const limit_rules& rules, moment now) const {
  if (!is_known_)
    return whole_of(rules);
  auto since = std::chrono::duration<double>(std::max(now - counted_at_, moment::duration{}));
  return std::min(whole_of(rules), left_ + since.count() * per_second(rules));
}

bool caller_usage::take(const limit_rules& rules, moment now) {
  if (rules.per_minute == 0)
    return true;
  left_ = left_at(rules, now);
  counted_at_ = now;
  is_known_ = true;
  if (left_ < 1)
    return false;
  left_ -= 1;
  return true;
}

std::chrono::seconds caller_usage::until_next(const limit_rules& rules) const {
  return time_for(1 - left_, rules);
}

std::chrono::seconds caller_usage::until_whole(const limit_rules& rules) const {
  return time_for(whole_of(rules) - left_, rules);
}

bool caller_usage::enter(const limit_rules& rules) {
  if (rules.at_a_time == 0)
    return true;
  if (running_.load(std::memory_order_relaxed) >= rules.at_a_time)
    return false;
  running_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool caller_usage::is_idle(const limit_rules& rules, moment now) const {
  return running_.load(std::memory_order_relaxed) == 0 && left_at(rules, now) >= whole_of(rules);
}

std::shared_ptr<caller_usage> usage_table::of(const std::string& name, moment now) {
  if (auto found = all_.find(name); found != all_.end())
    return found->second;
  if (all_.size() >= rules_.most_callers)
    forget_idle(now);
  if (all_.size() >= rules_.most_callers)
    return nullptr;
  return all_.emplace(name, std::make_shared<caller_usage>()).first->second;
}

void usage_table::forget_idle(moment now) {
  if (now - swept_at_ < 1s)
    return;
  swept_at_ = now;
  // Whoever else holds one still counts on it.
  std::erase_if(all_, [&](const auto& each) {
    return each.second.use_count() == 1 && each.second->is_idle(rules_, now);
  });
}

} // namespace mahavishnu::mcp::server
