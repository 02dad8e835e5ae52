// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu {

struct execute_task;
struct cancel_task;
struct task_result;

struct spawn_pool;
struct pool_spawned;
struct describe_pool;
struct pool_info;
struct list_pools;
struct pool_list;
struct execute_on_pool;
struct route_task;
struct close_pool;
struct pool_closed;
struct close_all_pools;
struct pools_closed;
struct task_left_pool;

struct get_status;
struct server_status;
struct shut_down;
struct server_stopping;

} // namespace mahavishnu
