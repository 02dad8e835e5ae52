// SPDX-License-Identifier: MIT
#pragma once

#include "actors/moment.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>

namespace mahavishnu {

/// How often something may be restarted: at most so many times within any such span of time, as
/// the supervisors of Erlang count it. Never, when it is 0 times. It remembers at most that many
/// restarts. The moments it is given must not go back.
class restart_limit {
public:
  restart_limit(std::uint32_t most, std::chrono::seconds window)
      : most_(most), window_(std::clamp(window, std::chrono::seconds{0}, longest)) {}

  bool allows(moment now) const { return recent(now) < most_; }

  /// A restart happened, whether it was allowed or not.
  void record(moment now) {
    restarts_.push_back(now);
    while (!restarts_.empty() && (restarts_.size() > most_ || !counts(restarts_.front(), now)))
      restarts_.pop_front();
  }

  /// When the next restart is allowed: now, if it is already; the end of time, if never.
  moment next(moment now) const {
    if (allows(now))
      return now;
    return most_ == 0 ? moment::max() : restarts_.front() + window_;
  }

  /// How many restarts count now, at most the limit.
  std::uint32_t recent(moment now) const {
    auto first =
        std::ranges::partition_point(restarts_, [&](moment each) { return !counts(each, now); });
    return static_cast<std::uint32_t>(restarts_.end() - first);
  }

private:
  /// Keeps the sums with moments within what nanoseconds can say.
  static constexpr std::chrono::seconds longest = std::chrono::hours{24 * 365 * 100};

  bool counts(moment restart, moment now) const { return now - restart < window_; }

  std::uint32_t most_;
  std::chrono::seconds window_;
  std::deque<moment> restarts_; // sorted
};

} // namespace mahavishnu
