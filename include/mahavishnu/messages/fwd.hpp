// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu {

struct execute_task;
struct execute_tasks;
struct accept_task;
struct confirm_task;
struct retry_task;
struct task_accepted;
struct wait_task;
struct cancel_task;
struct task_cancelled;
struct task_result;
struct task_results;
struct describe_task;
struct task_info;
struct list_tasks;
struct task_list;
struct read_output;
struct task_output;
struct locate_output;
struct output_location;

struct spawn_pool;
struct pool_spawned;
struct get_pool_info;
struct pool_info;
struct list_pools;
struct pool_list;
struct get_health;
struct pools_health;
struct describe_pool;
struct pool_description;
struct aggregate_results;
struct aggregated_results;
struct scale_pool;
struct pool_scaled;
struct drain_pool;
struct pool_drained;
struct resume_pool;
struct pool_resumed;
struct execute_on_pool;
struct route_task;
struct submit_task;
struct close_pool;
struct pool_closed;
struct close_all_pools;
struct pools_closed;
struct tasks_left_pool;
struct tasks_moved;
struct pool_changed;

struct execute_batch;
struct batch_result;
struct start_batch;
struct batch_started;
struct follow_batch;
struct batch_news;
struct cancel_batch;

struct run_tasks;
struct tasks_ended;
struct stop_run;
struct measure_worker;
struct worker_usage;

struct spawn_workers;
struct workers_spawned;
struct execute_on_worker;
struct worker_result;
struct execute_on_workers;
struct collect_results;
struct worker_results;
struct list_workers;
struct worker_list;
struct close_worker;
struct close_all_workers;
struct workers_closed;
struct get_workers_health;
struct workers_health;

struct list_worker_types;
struct worker_type_info;
struct worker_type_list;

struct add_periodic;
struct periodic_info;
struct list_periodic;
struct periodic_list;
struct change_periodic;

struct launch_terminals;
struct terminals_launched;
struct type_into_terminal;
struct typed_into_terminal;
struct capture_terminals;
struct terminals_captured;
struct terminal_info;
struct resize_terminal;
struct list_terminals;
struct terminal_list;
struct close_terminal;
struct close_all_terminals;
struct terminals_closed;

struct search_memory;
struct memory_found;
struct get_memory_stats;
struct memory_stats;
struct sync_memory;
struct memory_synced;

struct notice;
struct subscribe;
struct subscribed;
struct receive_notices;
struct notices;
struct unsubscribe;
struct unsubscribed;
struct publish;
struct published;
struct hand_over_tasks;
struct get_feed_stats;
struct feed_stats;

struct get_status;
struct server_status;
struct shut_down;
struct server_stopping;

struct get_mcp_status;
struct mcp_status;
struct change_mcp;

} // namespace mahavishnu
