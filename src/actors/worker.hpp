// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/worker.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>

namespace mahavishnu {

/// What all workers of a pool have in common.
struct worker_options {
  pool_id pool;
  std::chrono::milliseconds grace{5000};
  std::size_t output_limit = std::size_t{1} << 20;
};

/// Which one of them it is.
struct worker_identity {
  /// Within its pool.
  std::uint32_t number = 0;
  worker_id id;
};

/// Starts a worker.
using worker_factory = std::function<worker_actor(
    caf::actor_system&, const std::shared_ptr<const worker_options>&, const worker_identity&)>;

/// A kind of worker: how to start one, and what it can do.
struct worker_type {
  worker_factory make;
  /// Tasks that one worker can have at a time.
  std::int32_t most_concurrency = 1;
};

/// By the name that a pool gives for its workers.
using worker_types = std::unordered_map<std::string, worker_type>;

/// Runs each task as `/bin/sh -c PROMPT` on the given runner.
worker_type shell_worker(std::shared_ptr<exec::process_runner> runner);

/// Completes each task at once: to try things, and to measure what all the rest costs.
worker_type noop_worker();

} // namespace mahavishnu
