// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fwd.hpp"

#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>

/// Every actor and what one may say to it. Read this first.
///
/// A request that cannot be served is answered with one of our errors (`mahavishnu::from_caf`).
namespace mahavishnu {

/// Runs one task at a time.
using worker_actor = caf::typed_actor<
    // Run the task; answers when its process has ended.
    caf::replies_to<execute_task>::with<task_result>,
    // End the task if it is the one that runs here.
    caf::reacts_to<cancel_task>>;

/// Runs tasks on its workers in the order of arrival, and holds those that wait in a bounded queue.
using pool_actor = caf::typed_actor<
    // Queue the task; answers when it has ended, or at once when the queue is full.
    caf::replies_to<execute_task>::with<task_result>,
    // Report size, queue and counters.
    caf::replies_to<describe_pool>::with<pool_info>,
    // Refuse what waits, end what runs, answer when nothing runs any more, and go.
    caf::replies_to<close_pool>::with<pool_closed>>;

/// Hears from pools when a task has left them; the part of the manager that pools know.
using load_listener_actor = caf::typed_actor<caf::reacts_to<task_left_pool>>;

/// Knows all pools by name and id, and which of them gets a task.
using pool_manager_actor = caf::typed_actor<
    // Check the wish, start the pool.
    caf::replies_to<spawn_pool>::with<pool_spawned>,
    // Ask every pool to describe itself.
    caf::replies_to<list_pools>::with<pool_list>,
    // Hand the task to the named pool, which answers.
    caf::replies_to<execute_on_pool>::with<task_result>,
    // Choose a pool and hand it the task; the pool answers.
    caf::replies_to<route_task>::with<task_result>,
    // Forget the pool for routing and have it close; the pool answers.
    caf::replies_to<close_pool>::with<pool_closed>,
    // Close every pool; answers when all are closed.
    caf::replies_to<close_all_pools>::with<pools_closed>,
    // A pool has one task less.
    caf::reacts_to<task_left_pool>>;

/// The only actor that is reachable from outside the process: passes requests on to those who
/// answer them, unless the server is shutting down.
using control_actor = caf::typed_actor<
    // Describe the server.
    caf::replies_to<get_status>::with<server_status>,
    // Take no new work and tell the server to end.
    caf::replies_to<shut_down>::with<server_stopping>,
    // To the pool manager.
    caf::replies_to<spawn_pool>::with<pool_spawned>, caf::replies_to<list_pools>::with<pool_list>,
    caf::replies_to<execute_on_pool>::with<task_result>,
    caf::replies_to<route_task>::with<task_result>, caf::replies_to<close_pool>::with<pool_closed>,
    caf::replies_to<close_all_pools>::with<pools_closed>>;

} // namespace mahavishnu
