// SPDX-License-Identifier: MIT
#pragma once

#include "actors/archive.hpp"
#include "actors/key_keeper.hpp"
#include "actors/pool.hpp"
#include "actors/pool_rules.hpp"
#include "base/clock.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <memory>

namespace mahavishnu {

/// Starts a pool; tests hand in one of their own, an empty one stands for `spawn_pool_actor`.
using pool_factory =
    std::function<pool_actor(caf::actor_system&, const pool_options&, const pool_listener_actor&)>;

/// A pool of an earlier server, and what it has left to be done.
struct restored_pool {
  pool_id id;
  pool_config config;
  /// The oldest first.
  std::vector<restored_task> tasks;
};

/// A key of an earlier server.
struct restored_key {
  task_id task;
  pool_id pool;
  shared_spec spec;
  bool has_ended = false;
};

struct pool_manager_options {
  /// `pools.enabled`: without it no pool can be spawned.
  bool enabled = true;
  pool_defaults defaults;
  pool_selector selector = pool_selector::least_loaded;
  worker_types types;
  worker_options worker;
  /// Where the processes of a pool run; they may go on as long as somebody has this. Empty: all
  /// pools have the runner of `worker`.
  std::function<std::shared_ptr<exec::process_runner>(const pool_id&, durability)> runner_of;
  journal_port journal;
  /// Knows what is in no pool's memory any more.
  archive_actor archive;
  std::vector<restored_pool> restored;
  /// The oldest first.
  std::vector<restored_key> restored_keys;
  /// Writes down to which pools sticky keys go; may be none. And where they went with an earlier
  /// server, those that came there last at the end.
  key_keeper_actor key_keeper;
  std::vector<store::key_home> restored_homes;
  feed_port feed;
  std::chrono::milliseconds heartbeat{30'000};
  std::size_t history_bytes = std::size_t{64} << 20;
  /// Whether a pool that has more to do than it can gives tasks to one that idles.
  bool delegation = true;
  /// Idempotency keys of ended tasks that are remembered.
  std::size_t keys = 10'000;
  /// Tasks of one batch that are in pools at a time, and batches at a time.
  std::int32_t batch_in_flight = 1000;
  std::size_t most_batches = 1000;
  pool_factory make_pool;
  std::shared_ptr<const wall_clock> clock;
  std::uint64_t seed = 0;
};

pool_manager_actor spawn_pool_manager(caf::actor_system& system, pool_manager_options options);

} // namespace mahavishnu
