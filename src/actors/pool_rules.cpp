// SPDX-License-Identifier: MIT
#include "actors/pool_rules.hpp"

#include <algorithm>

namespace mahavishnu {

namespace {

constexpr std::int32_t most_workers = 1000;
constexpr std::int32_t longest_queue = 1'000'000;
constexpr std::size_t longest_name = 64;

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

} // namespace

result<pool_config> complete(pool_config wish, const pool_defaults& defaults) {
  if (wish.name.empty())
    wish.name = "default";
  if (wish.type.empty())
    wish.type = defaults.type;
  if (wish.worker_type.empty())
    wish.worker_type = defaults.worker_type;
  // A wish that sets one bound moves the default of the other out of its way.
  if (wish.min_workers == 0)
    wish.min_workers = wish.max_workers > 0 ? std::min(defaults.min_workers, wish.max_workers)
                                            : defaults.min_workers;
  if (wish.max_workers == 0)
    wish.max_workers = std::max(defaults.max_workers, wish.min_workers);
  if (wish.queue_limit == 0)
    wish.queue_limit = defaults.queue_limit;

  if (!is_name(wish.name))
    return wrong("'" + wish.name.substr(0, longest_name) +
                 "' cannot name a pool; use 1 to 64 letters, digits, '.', '_' and '-'");
  auto pool = "pool '" + wish.name + "'";
  if (wish.type != "mahavishnu")
    return error{errc::unsupported, pool + " cannot be of type '" + wish.type +
                                        "'; this version has the type mahavishnu"};
  if (wish.worker_type != "shell")
    return error{errc::unsupported,
                 pool + " cannot have workers of type '" + wish.worker_type +
                     "'; this version has the type shell: use --worker-type shell or "
                     "set workers.default_type to shell"};
  if (wish.min_workers < 1 || wish.min_workers > most_workers)
    return wrong(pool + ": min_workers must be between 1 and 1000, not " +
                 std::to_string(wish.min_workers));
  if (wish.max_workers < 1 || wish.max_workers > most_workers)
    return wrong(pool + ": max_workers must be between 1 and 1000, not " +
                 std::to_string(wish.max_workers));
  if (wish.min_workers > wish.max_workers)
    return wrong(pool + ": min_workers (" + std::to_string(wish.min_workers) +
                 ") is more than max_workers (" + std::to_string(wish.max_workers) +
                 "); lower the one or raise the other");
  if (wish.queue_limit < 1 || wish.queue_limit > longest_queue)
    return wrong(pool + ": queue_limit must be between 1 and 1000000, not " +
                 std::to_string(wish.queue_limit));
  return wish;
}

} // namespace mahavishnu
