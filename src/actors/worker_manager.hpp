// SPDX-License-Identifier: MIT
#pragma once

#include "actors/worker.hpp"
#include "base/clock.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mahavishnu {

/// True for the one who asks first in this process.
bool first_use_of_single_workers();

struct worker_manager_options {
  /// `workers.enabled`: without it every request is refused.
  bool enabled = true;
  worker_types types;
  /// For those who name no type.
  std::string default_type;
  /// Tasks that run at a time over all workers; 1 to 100.
  std::int32_t max_concurrent = 10;
  /// Workers that exist at a time.
  std::int32_t most_workers = 1000;
  /// Tasks that wait, those of all workers together.
  std::int32_t queue_limit = 1000;
  /// For tasks that name none.
  std::chrono::milliseconds default_timeout{300'000};
  /// What all workers have in common; they belong to no pool.
  worker_options worker;
  /// Empty: the clock of the machine.
  std::shared_ptr<const wall_clock> clock;
  std::uint64_t seed = 0;
  /// Who hears that single workers are deprecated; empty: the log.
  std::function<void(std::string_view)> warn;
  /// Whether that is to be said now; tests, which share a process, hand in one of their own.
  std::function<bool()> first_use = first_use_of_single_workers;
};

/// Starts an actor that has no workers yet. They go with it.
worker_manager_actor spawn_worker_manager(caf::actor_system& system,
                                          worker_manager_options options);

} // namespace mahavishnu
