// SPDX-License-Identifier: MIT
#pragma once

#include "actors/feed_port.hpp"
#include "actors/journal_port.hpp"
#include "actors/pool_core.hpp"
#include "actors/worker.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/pool.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace mahavishnu {

/// Tasks that have left a pool and of which its manager has not heard yet; less than none, when
/// tasks came back that had moved. Both share it, so that a busy pool tells its manager once for
/// many tasks.
using unheard_departures = std::atomic<std::int32_t>;

struct pool_options {
  pool_id id;
  pool_number number = 0;
  /// Complete.
  pool_config config;
  worker_type type;
  worker_options worker;
  /// Who is told what happens here, if anybody listens.
  feed_port feed;
  /// Who writes down what is durable.
  journal_port journal;
  /// Whether processes go on when the server goes.
  bool processes_stay = false;
  /// What an earlier server has left to be done, the oldest first.
  std::vector<restored_task> restored;
  std::chrono::milliseconds heartbeat{30'000};
  /// Bytes of output that the ended tasks may keep in memory, all together.
  std::size_t history_bytes = std::size_t{64} << 20;
  /// For the ids of the workers, and for chance.
  std::uint64_t seed = 0;
  std::shared_ptr<unheard_departures> departures = std::make_shared<unheard_departures>(0);
};

/// Starts a pool with its `start_workers` workers.
pool_actor spawn_pool_actor(caf::actor_system& system, pool_options options,
                            pool_listener_actor listener);

/// The longest that a pool needs to close once it has been told to.
std::chrono::milliseconds longest_close(const worker_options& options);

} // namespace mahavishnu
