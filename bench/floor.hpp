// SPDX-License-Identifier: MIT
#pragma once

#include "report.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <string>
#include <vector>

/// What CAF itself can do: the hops of a routed task (manager, pool, worker and back by promises,
/// an exact choice of the least loaded at both), and nothing else. The floor below our numbers.
namespace mahavishnu::bench::floor {

struct task {
  std::uint64_t id = 0;
  std::string prompt;
  std::string metadata;
};

struct task_result {
  std::uint64_t id = 0;
  std::uint32_t worker = 0;
  std::string output;
};

using tasks = std::vector<task>;
using task_results = std::vector<task_result>;

} // namespace mahavishnu::bench::floor

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::bench::floor::task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::bench::floor::task_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::bench::floor::tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::bench::floor::task_results)

namespace mahavishnu::bench::floor {

/// Manager, pool and worker look the same from outside.
using node_actor = caf::typed_actor<caf::replies_to<task>::with<task_result>,
                                    caf::replies_to<tasks>::with<task_results>>;

/// A manager with so many pools of so many workers; kill it to end all of them.
node_actor start(caf::actor_system& system, std::size_t pools, std::size_t workers);

/// A worker alone, for those who count what an actor takes.
node_actor spawn_worker(caf::actor_system& system, std::uint32_t number);

task fresh_task();
tasks fresh_tasks(std::size_t count);

/// Tasks per second and microseconds of CPU per task with the scheduler of that name: tasks of
/// their own, or `batch` to a message.
std::vector<double> measure(const arguments& how, const std::string& scheduler,
                            std::int64_t requests, std::int64_t in_flight, std::size_t batch = 0);

} // namespace mahavishnu::bench::floor
