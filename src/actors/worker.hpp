// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/task.hpp"

#include <chrono>
#include <memory>

namespace mahavishnu {

/// What a worker of type `shell` needs to know.
struct worker_options {
  pool_id pool;
  worker_id id;
  std::chrono::milliseconds default_timeout{300'000};
  std::chrono::milliseconds grace{5000};
  std::size_t output_limit = std::size_t{1} << 20;
};

/// Starts a worker that runs each task as `/bin/sh -c PROMPT` on the given runner.
worker_actor spawn_worker(caf::actor_system& system, worker_options options,
                          std::shared_ptr<exec::process_runner> runner);

/// The longest that a task may take, its ending included, once a worker has it.
std::chrono::milliseconds longest_run(const task_spec& spec, const worker_options& options);

} // namespace mahavishnu
