// SPDX-License-Identifier: MIT
#pragma once

#include "actors/worker.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/pool.hpp"

#include <cstdint>
#include <functional>

namespace mahavishnu {

/// Starts a worker; tests hand in one of their own.
using worker_factory = std::function<worker_actor(caf::actor_system&, const worker_options&)>;

struct pool_options {
  pool_id id;
  pool_config config;
  /// What all workers of the pool have in common; their id is filled in by the pool.
  worker_options worker;
  worker_factory make_worker;
  /// For the ids of the workers.
  std::uint64_t seed = 0;
};

/// Starts a pool with its `min_workers` workers.
pool_actor spawn_pool_actor(caf::actor_system& system, pool_options options,
                            load_listener_actor listener);

} // namespace mahavishnu
