// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fwd.hpp"

#include <caf/type_id.hpp>

// Every type that travels between actors. A type is known on the wire by its name, so renaming one
// breaks the wire; add a new message instead of changing an old one.
CAF_BEGIN_TYPE_ID_BLOCK(mahavishnu, first_custom_type_id)

// tasks
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_tasks))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::accept_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_accepted))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::confirm_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::retry_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::wait_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::cancel_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_cancelled))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_result))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_results))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::describe_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_tasks))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::read_output))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::task_output))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::locate_output))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::output_location))

// pools
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::spawn_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_spawned))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_pool_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_pools))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_health))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pools_health))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::describe_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_description))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::aggregate_results))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::aggregated_results))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::scale_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_scaled))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::drain_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_drained))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::resume_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_resumed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_on_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::route_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::submit_task))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_closed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_all_pools))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pools_closed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::tasks_left_pool))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::tasks_moved))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::pool_changed))

// batches
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_batch))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::batch_result))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::start_batch))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::batch_started))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::follow_batch))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::batch_news))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::cancel_batch))

// workers of a pool
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::run_tasks))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::tasks_ended))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::stop_run))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::measure_worker))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_usage))

// workers outside of pools
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::spawn_workers))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::workers_spawned))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_on_worker))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_result))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::execute_on_workers))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::collect_results))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_results))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_workers))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_worker))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_all_workers))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::workers_closed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_workers_health))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::workers_health))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_worker_types))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_type_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::worker_type_list))

// periodic tasks
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::add_periodic))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::periodic_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_periodic))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::periodic_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::change_periodic))

// terminals
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::launch_terminals))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::terminals_launched))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::type_into_terminal))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::typed_into_terminal))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::capture_terminals))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::terminals_captured))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::terminal_info))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::resize_terminal))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::list_terminals))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::terminal_list))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_terminal))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::close_all_terminals))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::terminals_closed))

// the memory
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::search_memory))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::memory_found))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_memory_stats))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::memory_stats))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::sync_memory))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::memory_synced))

// the bus
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::notice))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::subscribe))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::subscribed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::receive_notices))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::notices))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::unsubscribe))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::unsubscribed))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::publish))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::published))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::hand_over_tasks))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_feed_stats))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::feed_stats))

// the server
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::server_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::shut_down))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::server_stopping))

// the MCP endpoint
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::get_mcp_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::mcp_status))
CAF_ADD_TYPE_ID(mahavishnu, (mahavishnu::change_mcp))

CAF_END_TYPE_ID_BLOCK(mahavishnu)
