// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fwd.hpp"

#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>

/// Every actor and what one may say to it. Read this first.
///
/// A request that cannot be served is answered with one of our errors (`mahavishnu::from_caf`).
namespace mahavishnu {

/// Runs tasks of its pool, one at a time unless its type can do more.
using worker_actor = caf::typed_actor<
    // Run these; each is answered when it has ended. Whoever sends it must take `tasks_ended`.
    caf::replies_to<run_tasks>::with<tasks_ended>,
    // End this attempt if it runs here.
    caf::reacts_to<stop_run>,
    // What do the processes take that run here?
    caf::replies_to<measure_worker>::with<worker_usage>>;

/// Runs tasks on its workers: holds those that wait in a bounded queue, replaces workers that die,
/// tries failed tasks again, and remembers how the last ones ended.
using pool_actor = caf::typed_actor<
    // Queue the task; answers when it has ended, or at once when there is no room.
    caf::replies_to<execute_task>::with<task_result>,
    // The same for several; answers when all have ended.
    caf::replies_to<execute_tasks>::with<task_results>,
    // Queue the task; answers when it is in the queue.
    caf::replies_to<accept_task>::with<task_accepted>,
    // Somebody wants to hear that as well.
    caf::replies_to<confirm_task>::with<task_accepted>,
    // About a task that is here, or was until a while ago.
    caf::replies_to<wait_task>::with<task_result>,
    caf::replies_to<cancel_task>::with<task_cancelled>,
    caf::replies_to<describe_task>::with<task_info>, caf::replies_to<list_tasks>::with<task_list>,
    caf::replies_to<locate_output>::with<output_location>,
    // About the pool.
    caf::replies_to<get_pool_info>::with<pool_info>,
    caf::replies_to<describe_pool>::with<pool_description>,
    caf::replies_to<scale_pool>::with<pool_scaled>, caf::replies_to<drain_pool>::with<pool_drained>,
    caf::replies_to<resume_pool>::with<pool_resumed>,
    // Refuse what waits, end what runs, answer when nothing runs any more, and go.
    caf::replies_to<close_pool>::with<pool_closed>,
    // The manager: give that pool some of the tasks that it may run as well.
    caf::reacts_to<hand_over_tasks, caf::strong_actor_ptr>,
    // From another pool, or through the manager from anybody.
    caf::reacts_to<notice>>;

/// Hears from pools how they change; the part of the manager that pools know.
using pool_listener_actor =
    caf::typed_actor<caf::reacts_to<tasks_left_pool>, caf::reacts_to<tasks_moved>,
                     caf::reacts_to<pool_changed>,
                     // A notice for all pools.
                     caf::reacts_to<notice>>;

/// Knows all pools by name and id, and which of them gets a task.
using pool_manager_actor = caf::typed_actor<
    // Check the wish, start the pool.
    caf::replies_to<spawn_pool>::with<pool_spawned>,
    // Ask every pool.
    caf::replies_to<list_pools>::with<pool_list>, caf::replies_to<get_health>::with<pools_health>,
    caf::replies_to<aggregate_results>::with<aggregated_results>,
    // Find the pool, which answers.
    caf::replies_to<execute_on_pool>::with<task_result>,
    caf::replies_to<describe_pool>::with<pool_description>,
    caf::replies_to<scale_pool>::with<pool_scaled>, caf::replies_to<drain_pool>::with<pool_drained>,
    caf::replies_to<resume_pool>::with<pool_resumed>,
    // Choose a pool and hand it the task; the pool answers.
    caf::replies_to<route_task>::with<task_result>,
    caf::replies_to<submit_task>::with<task_accepted>,
    caf::replies_to<retry_task>::with<task_accepted>,
    // A task by its id, wherever it is.
    caf::replies_to<wait_task>::with<task_result>,
    caf::replies_to<cancel_task>::with<task_cancelled>,
    caf::replies_to<describe_task>::with<task_info>, caf::replies_to<list_tasks>::with<task_list>,
    caf::replies_to<locate_output>::with<output_location>,
    // Many tasks at once; a batch actor answers.
    caf::replies_to<execute_batch>::with<batch_result>,
    caf::replies_to<start_batch>::with<batch_started>,
    caf::replies_to<follow_batch>::with<batch_news>,
    caf::replies_to<cancel_batch>::with<batch_news>,
    // Forget the pool for routing and have it close; the pool answers.
    caf::replies_to<close_pool>::with<pool_closed>,
    // Close every pool; answers when all are closed.
    caf::replies_to<close_all_pools>::with<pools_closed>,
    // Somebody has something to say to a pool, or to all of them; the feed answers.
    caf::replies_to<publish>::with<published>,
    // From the pools.
    caf::reacts_to<tasks_left_pool>, caf::reacts_to<tasks_moved>, caf::reacts_to<pool_changed>,
    caf::reacts_to<notice>>;

/// Runs the tasks of one batch within bounds, and keeps their results in order.
using batch_actor = caf::typed_actor<
    // Exactly one of these comes first: run it and answer at its end, or at once.
    caf::replies_to<execute_batch>::with<batch_result>,
    caf::replies_to<start_batch>::with<batch_started>,
    // How does it go?
    caf::replies_to<follow_batch>::with<batch_news>,
    caf::replies_to<cancel_batch>::with<batch_news>>;

/// The bus for those who listen: numbers every notice and keeps it for each of them until they
/// fetch it.
using feed_actor = caf::typed_actor<
    // Somebody wants to listen.
    caf::replies_to<subscribe>::with<subscribed>, caf::replies_to<receive_notices>::with<notices>,
    caf::replies_to<unsubscribe>::with<unsubscribed>,
    caf::replies_to<get_feed_stats>::with<feed_stats>,
    // The manager has told the pools; tell those who listen.
    caf::replies_to<publish>::with<published>,
    // From a pool or the manager, which tell their target themselves.
    caf::reacts_to<notice>>;

/// Workers outside of pools, as they were before there were pools.
using worker_manager_actor =
    caf::typed_actor<caf::replies_to<spawn_workers>::with<workers_spawned>,
                     caf::replies_to<execute_on_worker>::with<worker_result>,
                     caf::replies_to<execute_on_workers>::with<worker_results>,
                     caf::replies_to<collect_results>::with<worker_results>,
                     caf::replies_to<list_workers>::with<worker_list>,
                     caf::replies_to<close_worker>::with<workers_closed>,
                     caf::replies_to<close_all_workers>::with<workers_closed>,
                     caf::replies_to<get_workers_health>::with<workers_health>,
                     // Its workers answer like this.
                     caf::reacts_to<tasks_ended>>;

/// Knows which kinds of workers there are, and whether they can be used.
using worker_catalog_actor =
    caf::typed_actor<caf::replies_to<list_worker_types>::with<worker_type_list>>;

/// Runs scripts again and again.
using periodic_actor = caf::typed_actor<caf::replies_to<add_periodic>::with<periodic_info>,
                                        caf::replies_to<list_periodic>::with<periodic_list>,
                                        caf::replies_to<change_periodic>::with<periodic_info>>;

/// Knows what ended tasks have left behind, and gives it to others as well.
using memory_actor = caf::typed_actor<caf::replies_to<search_memory>::with<memory_found>,
                                      caf::replies_to<get_memory_stats>::with<memory_stats>,
                                      // Answers when what waits has been tried.
                                      caf::replies_to<sync_memory>::with<memory_synced>>;

/// Runs programs that somebody types into and looks at.
using terminals_actor =
    caf::typed_actor<caf::replies_to<launch_terminals>::with<terminals_launched>,
                     caf::replies_to<type_into_terminal>::with<typed_into_terminal>,
                     caf::replies_to<capture_terminals>::with<terminals_captured>,
                     caf::replies_to<resize_terminal>::with<terminal_info>,
                     caf::replies_to<list_terminals>::with<terminal_list>,
                     caf::replies_to<close_terminal>::with<terminals_closed>,
                     caf::replies_to<close_all_terminals>::with<terminals_closed>>;

/// Reads what tasks have written, wherever it is, and keeps long outputs within bounds.
using outputs_actor = caf::typed_actor<caf::replies_to<read_output>::with<task_output>>;

/// Opens and closes the HTTP port with the MCP endpoint.
using mcp_door_actor = caf::typed_actor<caf::replies_to<get_mcp_status>::with<mcp_status>,
                                        caf::replies_to<change_mcp>::with<mcp_status>>;

/// The only actor that is reachable from outside the process: passes requests on to those who
/// answer them, unless the server is shutting down.
using control_actor = caf::typed_actor<
    // Describe the server.
    caf::replies_to<get_status>::with<server_status>,
    // Take no new work and tell the server to end.
    caf::replies_to<shut_down>::with<server_stopping>,
    // To the pool manager.
    caf::replies_to<spawn_pool>::with<pool_spawned>, caf::replies_to<list_pools>::with<pool_list>,
    caf::replies_to<get_health>::with<pools_health>,
    caf::replies_to<aggregate_results>::with<aggregated_results>,
    caf::replies_to<execute_on_pool>::with<task_result>,
    caf::replies_to<describe_pool>::with<pool_description>,
    caf::replies_to<scale_pool>::with<pool_scaled>, caf::replies_to<drain_pool>::with<pool_drained>,
    caf::replies_to<resume_pool>::with<pool_resumed>,
    caf::replies_to<route_task>::with<task_result>,
    caf::replies_to<submit_task>::with<task_accepted>,
    caf::replies_to<retry_task>::with<task_accepted>, caf::replies_to<wait_task>::with<task_result>,
    caf::replies_to<cancel_task>::with<task_cancelled>,
    caf::replies_to<describe_task>::with<task_info>, caf::replies_to<list_tasks>::with<task_list>,
    caf::replies_to<execute_batch>::with<batch_result>,
    caf::replies_to<start_batch>::with<batch_started>,
    caf::replies_to<follow_batch>::with<batch_news>,
    caf::replies_to<cancel_batch>::with<batch_news>, caf::replies_to<close_pool>::with<pool_closed>,
    caf::replies_to<close_all_pools>::with<pools_closed>, caf::replies_to<publish>::with<published>,
    // To the feed.
    caf::replies_to<subscribe>::with<subscribed>, caf::replies_to<receive_notices>::with<notices>,
    caf::replies_to<unsubscribe>::with<unsubscribed>,
    caf::replies_to<get_feed_stats>::with<feed_stats>,
    // To the workers outside of pools.
    caf::replies_to<spawn_workers>::with<workers_spawned>,
    caf::replies_to<execute_on_worker>::with<worker_result>,
    caf::replies_to<execute_on_workers>::with<worker_results>,
    caf::replies_to<collect_results>::with<worker_results>,
    caf::replies_to<list_workers>::with<worker_list>,
    caf::replies_to<close_worker>::with<workers_closed>,
    caf::replies_to<close_all_workers>::with<workers_closed>,
    caf::replies_to<get_workers_health>::with<workers_health>,
    // To the catalogue of worker types.
    caf::replies_to<list_worker_types>::with<worker_type_list>,
    // To the periodic tasks.
    caf::replies_to<add_periodic>::with<periodic_info>,
    caf::replies_to<list_periodic>::with<periodic_list>,
    caf::replies_to<change_periodic>::with<periodic_info>,
    // To the terminals.
    caf::replies_to<launch_terminals>::with<terminals_launched>,
    caf::replies_to<type_into_terminal>::with<typed_into_terminal>,
    caf::replies_to<capture_terminals>::with<terminals_captured>,
    caf::replies_to<resize_terminal>::with<terminal_info>,
    caf::replies_to<list_terminals>::with<terminal_list>,
    caf::replies_to<close_terminal>::with<terminals_closed>,
    caf::replies_to<close_all_terminals>::with<terminals_closed>,
    // To the memory.
    caf::replies_to<search_memory>::with<memory_found>,
    caf::replies_to<get_memory_stats>::with<memory_stats>,
    caf::replies_to<sync_memory>::with<memory_synced>,
    // To the outputs.
    caf::replies_to<read_output>::with<task_output>,
    // To the MCP door.
    caf::replies_to<get_mcp_status>::with<mcp_status>,
    caf::replies_to<change_mcp>::with<mcp_status>>;

} // namespace mahavishnu
