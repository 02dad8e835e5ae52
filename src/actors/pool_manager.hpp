// SPDX-License-Identifier: MIT
#pragma once

#include "actors/pool.hpp"
#include "actors/pool_rules.hpp"
#include "base/clock.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <memory>

namespace mahavishnu {

/// Starts a pool; tests hand in one of their own, an empty one stands for `spawn_pool_actor`.
using pool_factory =
    std::function<pool_actor(caf::actor_system&, const pool_options&, const load_listener_actor&)>;

struct pool_manager_options {
  /// `pools.enabled`: without it no pool can be spawned.
  bool enabled = true;
  pool_defaults defaults;
  pool_selector selector = pool_selector::least_loaded;
  /// What all workers of all pools have in common.
  worker_options worker;
  worker_factory make_worker;
  pool_factory make_pool;
  std::shared_ptr<const wall_clock> clock;
  std::uint64_t seed = 0;
};

pool_manager_actor spawn_pool_manager(caf::actor_system& system, pool_manager_options options);

} // namespace mahavishnu
