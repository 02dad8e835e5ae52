// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mahavishnu::mcp::server {

/// How much one caller may ask for.
struct limit_rules {
  /// Requests in the long run; 0: as many as it likes.
  std::uint32_t per_minute = 0;
  /// Requests at once, after a pause.
  std::uint32_t burst = 20;
  /// Requests that are being answered at a time; 0: as many as it likes.
  std::uint32_t at_a_time = 0;
  /// Callers that are known at a time.
  std::size_t most_callers = 10'000;
};

/// What one caller has used. On one thread, but for leave().
class caller_usage {
public:
  using moment = std::chrono::steady_clock::time_point;

  /// Takes one request from what it may ask for; false when there is none left.
  bool take(const limit_rules& rules, moment now);
  /// Whole requests that are left.
  std::uint32_t left() const { return static_cast<std::uint32_t>(left_); }
  /// Until there is one again, and until there are all of them.
  std::chrono::seconds until_next(const limit_rules& rules) const;
  std::chrono::seconds until_whole(const limit_rules& rules) const;

  /// False when too many are being answered. Counts nothing where there is no such limit.
  bool enter(const limit_rules& rules);
  /// One of them has been answered. From any thread.
  void leave() { running_.fetch_sub(1, std::memory_order_relaxed); }

  /// Nothing is lost when it is forgotten.
  bool is_idle(const limit_rules& rules, moment now) const;

private:
  double left_at(const limit_rules& rules, moment now) const;

  double left_ = 0;
  moment counted_at_{};
  bool is_known_ = false;
  std::atomic<std::uint32_t> running_{0};
};

/// Who has used what. On one thread.
class usage_table {
public:
  using moment = caller_usage::moment;

  explicit usage_table(const limit_rules& rules) : rules_(rules) {}

  const limit_rules& rules() const { return rules_; }
  /// Nothing when there are too many callers, none of which can be forgotten now.
  std::shared_ptr<caller_usage> of(const std::string& name, moment now);
  std::size_t size() const { return all_.size(); }

private:
  void forget_idle(moment now);

  const limit_rules rules_;
  std::unordered_map<std::string, std::shared_ptr<caller_usage>> all_;
  moment swept_at_{};
};

} // namespace mahavishnu::mcp::server
