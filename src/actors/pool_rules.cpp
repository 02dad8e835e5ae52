// SPDX-License-Identifier: MIT
#include "actors/pool_rules.hpp"

#include "actors/retry_rules.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mahavishnu {

namespace {

constexpr std::int32_t most_workers = 100'000;
constexpr std::int32_t longest_queue = 1'000'000;
constexpr std::int32_t longest_history = 1'000'000;
constexpr std::int32_t most_restarts = 100'000;
constexpr std::chrono::hours longest_time{24 * 30};
constexpr std::size_t longest_name = 64;
constexpr std::size_t most_labels = 64;
constexpr std::size_t longest_label = 256;

error wrong(std::string text) {
  return {errc::invalid_argument, std::move(text)};
}

bool is_name(const std::string& name) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, good);
}

/// Checks one number of a pool after the other and keeps the first problem.
class bounds {
public:
  explicit bounds(std::string pool) : pool_(std::move(pool)) {}

  bounds& check(std::string_view what, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (good() && (value < least || value > most))
      problem_ = pool_ + ": " + std::string{what} + " must be between " + std::to_string(least) +
                 " and " + std::to_string(most) + ", not " + std::to_string(value);
    return *this;
  }

  bounds& check(std::string_view what, std::chrono::milliseconds value) {
    if (good() && (value.count() < 1 || value > longest_time))
      problem_ = pool_ + ": " + std::string{what} + " must be between 1 ms and 30 days";
    return *this;
  }

  bool good() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }

private:
  std::string pool_;
  std::string problem_;
};

} // namespace

pool_defaults::pool_defaults() : retry(built_in_retry_policy()) {}

result<pool_config> complete(pool_config wish, const pool_defaults& defaults,
                             const worker_facts& workers) {
  if (wish.name.empty())
    wish.name = "default";
  if (wish.type.empty())
    wish.type = defaults.type;
  if (wish.worker_type.empty())
    wish.worker_type = defaults.worker_type;
  // A wish that sets one bound moves the default of the other out of its way.
  auto at_most = [](std::int32_t value, std::int32_t wished) {
    return wished > 0 ? std::min(value, wished) : value;
  };
  if (wish.min_workers == 0)
    wish.min_workers = at_most(at_most(defaults.min_workers, wish.max_workers), wish.start_workers);
  if (wish.max_workers == 0)
    wish.max_workers = std::max({defaults.max_workers, wish.min_workers, wish.start_workers});
  auto fill = [](auto& what, const auto& by) {
    if (what == std::remove_cvref_t<decltype(what)>{})
      what = by;
  };
  fill(wish.start_workers, wish.min_workers);
  fill(wish.idle_limit, defaults.idle_limit);
  fill(wish.worker_concurrency, 1);
  fill(wish.queue_limit, defaults.queue_limit);
  fill(wish.wait_limit, defaults.wait_limit);
  fill(wish.restart_limit, defaults.restart_limit);
  fill(wish.restart_window, defaults.restart_window);
  fill(wish.history_limit, defaults.history_limit);

  if (!is_name(wish.name))
    return wrong("'" + wish.name.substr(0, longest_name) +
                 "' cannot name a pool; use 1 to 64 letters, digits, '.', '_' and '-'");
  auto pool = "pool '" + wish.name + "'";
  if (wish.type != "mahavishnu")
    return error{errc::unsupported, pool + " cannot be of type '" + wish.type +
                                        "'; this version has the type mahavishnu"};
  auto worker = workers.find(wish.worker_type);
  if (worker == workers.end()) {
    std::string known;
    for (const auto& [name, fact] : workers)
      known.append(known.empty() ? "" : ", ").append(name);
    return error{errc::unsupported, pool + " cannot have workers of type '" + wish.worker_type +
                                        "'; there are the types " + known +
                                        ": use --worker-type shell, set workers.default_type to "
                                        "shell, or describe it in the settings under worker_types"};
  }
  if (wish.durability == durability::by_default)
    wish.durability = defaults.durability;
  if (wish.durability != durability::none && !defaults.has_journal)
    return error{errc::unsupported, pool + ": tasks are kept in memory only, since there is no "
                                           "journal; set durability to none, or give the server "
                                           "a state directory and storage.enabled"};
  fill(wish.default_timeout, worker->second.default_timeout);
  fill(wish.default_timeout, defaults.default_timeout);
  bounds numbers{pool};
  numbers.check("min_workers", wish.min_workers, 1, most_workers)
      .check("max_workers", wish.max_workers, 1, most_workers)
      .check("worker_concurrency", wish.worker_concurrency, 1, worker->second.most_concurrency)
      .check("queue_limit", wish.queue_limit, 1, longest_queue)
      .check("restart_limit", wish.restart_limit, -1, most_restarts)
      .check("history_limit", wish.history_limit, 1, longest_history)
      .check("idle_limit", wish.idle_limit)
      .check("wait_limit", wish.wait_limit)
      .check("default_timeout", wish.default_timeout)
      .check("restart_window", wish.restart_window);
  if (!numbers.good())
    return wrong(numbers.problem());
  if (wish.min_workers > wish.max_workers)
    return wrong(pool + ": min_workers (" + std::to_string(wish.min_workers) +
                 ") is more than max_workers (" + std::to_string(wish.max_workers) +
                 "); lower the one or raise the other");
  numbers.check("start_workers", wish.start_workers, wish.min_workers, wish.max_workers);
  if (!numbers.good())
    return wrong(numbers.problem());
  auto retry = complete(wish.retry, defaults.retry);
  if (!retry)
    return wrong(pool + ": " + retry.error().message);
  wish.retry = std::move(*retry);
  if (wish.labels.size() > most_labels)
    return wrong(pool + " has " + std::to_string(wish.labels.size()) + " labels; it may have 64");
  for (const auto& [name, value] : wish.labels)
    if (name.empty() || name.size() > longest_label || value.size() > longest_label)
      return wrong(pool + ": a label has a name of 1 to 256 characters and a value of at most 256");
  return wish;
}

} // namespace mahavishnu
