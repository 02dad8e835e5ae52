// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

#include <map>

namespace mahavishnu {

/// What a wish that leaves something open gets; all of it is complete.
struct pool_defaults {
  std::string type = "mahavishnu";
  std::string worker_type = "shell";
  std::int32_t min_workers = 1;
  std::int32_t max_workers = 10;
  std::chrono::milliseconds idle_limit{60'000};
  std::int32_t queue_limit = 1000;
  std::chrono::milliseconds wait_limit{30'000};
  retry_policy retry;
  std::chrono::milliseconds default_timeout{300'000};
  std::int32_t restart_limit = 10;
  std::chrono::milliseconds restart_window{60'000};
  std::int32_t history_limit = 1000;
  mahavishnu::durability durability = mahavishnu::durability::none;
  /// Without a journal, nothing can be durable.
  bool has_journal = false;

  pool_defaults();
};

/// What the rules have to know of a kind of worker.
struct worker_fact {
  /// Tasks that one can have at a time.
  std::int32_t most_concurrency = 1;
  /// Of tasks that name no time-out; 0: that of all pools.
  std::chrono::milliseconds default_timeout{0};
};

/// By the name of the worker type.
using worker_facts = std::map<std::string, worker_fact>;

/// The wish with its defaults filled in; an error that names what cannot be, why, and what would.
result<pool_config> complete(pool_config wish, const pool_defaults& defaults,
                             const worker_facts& workers);

} // namespace mahavishnu
