// SPDX-License-Identifier: MIT
#pragma once

#include "actors/process_recipe.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/worker.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>

namespace mahavishnu {

namespace exec {
class process_runner;
}

/// What all workers of a pool have in common.
struct worker_options {
  pool_id pool;
  /// Where their processes run.
  std::shared_ptr<exec::process_runner> runner;
  std::chrono::milliseconds grace{5000};
  std::size_t output_limit = std::size_t{1} << 20;
  /// Set when the server goes and the next one takes care of what runs.
  std::shared_ptr<std::atomic<bool>> leaves_processes =
      std::make_shared<std::atomic<bool>>(false); // of this pool
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
  /// Of tasks that name none; 0: that of all pools.
  std::chrono::milliseconds default_timeout{0};
  /// The file that it runs, or why it cannot run now and what would fix that. Looks at the disk,
  /// and nowhere else. Without one, the type can always be used.
  std::function<result<std::string>()> find_program;
  /// What people are told.
  std::string description;
  process_recipe recipe;
  std::vector<std::string> version_command;
  bool built_in = true;
};

/// Why workers of that type cannot run now, and what would fix that.
result<void> can_run(const std::string& name, const worker_type& type);

/// By the name that a pool gives for its workers.
using worker_types = std::unordered_map<std::string, worker_type>;

/// Runs each task as a process, as the recipe says.
worker_type process_worker(process_recipe recipe);

/// Runs each task as `/bin/sh -c PROMPT`.
worker_type shell_worker();

/// Completes each task at once: to try things, and to measure what all the rest costs.
worker_type noop_worker();

} // namespace mahavishnu
