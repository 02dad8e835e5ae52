// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

#include <vector>

namespace mahavishnu {

/// Where a pool stands.
enum class pool_status : std::uint8_t {
  /// Known, nothing has been started yet.
  pending,
  /// Its first workers are being started.
  initializing,
  /// Takes and runs tasks.
  running,
  /// Takes and runs tasks while workers come or go.
  scaling,
  /// Runs, but not as it was asked to; it says why.
  degraded,
  /// Closed on request.
  stopped,
  /// Could not start, or gave up.
  failed,
};

template <>
struct enum_names<pool_status> {
  static constexpr std::array<std::string_view, 7> values{
      "pending", "initializing", "running", "scaling", "degraded", "stopped", "failed"};
};

/// How a task finds its pool.
enum class pool_selector : std::uint8_t {
  /// The pools in turn.
  round_robin,
  /// The pool with the least work in flight and waiting, relative to its workers.
  least_loaded,
  /// Any pool, with equal chances.
  random,
  /// The pool that the task names.
  affinity,
};

template <>
struct enum_names<pool_selector> {
  static constexpr std::array<std::string_view, 4> values{"round_robin", "least_loaded", "random",
                                                          "affinity"};
};

/// What a pool is to be like. Zero and empty stand for the default of the settings.
struct pool_config {
  std::string name;
  std::string type;
  std::string worker_type;
  std::int32_t min_workers = 0;
  std::int32_t max_workers = 0;
  std::int32_t queue_limit = 0;

  friend bool operator==(const pool_config&, const pool_config&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &pool_config::name},
                      field{"pool_type", &pool_config::type},
                      field{"worker_type", &pool_config::worker_type},
                      field{"min_workers", &pool_config::min_workers},
                      field{"max_workers", &pool_config::max_workers},
                      field{"queue_limit", &pool_config::queue_limit}};
  }
};

/// Start a pool; answered by `pool_spawned`.
struct spawn_pool {
  pool_config config;

  friend bool operator==(const spawn_pool&, const spawn_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"config", &spawn_pool::config}}; }
};

/// The pool runs, with `min_workers` workers.
struct pool_spawned {
  pool_id pool;
  std::string type;
  std::string name;
  std::string worker_type;
  std::string status = "created";
  std::int32_t min_workers = 0;
  std::int32_t max_workers = 0;

  friend bool operator==(const pool_spawned&, const pool_spawned&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_spawned::pool},
                      field{"pool_type", &pool_spawned::type},
                      field{"name", &pool_spawned::name},
                      field{"worker_type", &pool_spawned::worker_type},
                      field{"status", &pool_spawned::status},
                      field{"min_workers", &pool_spawned::min_workers},
                      field{"max_workers", &pool_spawned::max_workers}};
  }
};

/// Describe a pool; answered by `pool_info`.
struct describe_pool {
  friend bool operator==(const describe_pool&, const describe_pool&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

/// A pool as it is now.
struct pool_info {
  pool_id pool;
  std::string type;
  std::string name;
  std::string worker_type;
  pool_status status = pool_status::pending;
  std::int32_t workers = 0;
  std::int32_t min_workers = 0;
  std::int32_t max_workers = 0;
  std::int32_t active_workers = 0;
  std::int32_t queued = 0;
  std::int32_t queue_limit = 0;
  std::int64_t tasks_completed = 0;
  std::int64_t tasks_failed = 0;

  friend bool operator==(const pool_info&, const pool_info&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_info::pool},
                      field{"pool_type", &pool_info::type},
                      field{"name", &pool_info::name},
                      field{"worker_type", &pool_info::worker_type},
                      field{"status", &pool_info::status},
                      field{"workers", &pool_info::workers},
                      field{"min_workers", &pool_info::min_workers},
                      field{"max_workers", &pool_info::max_workers},
                      field{"active_workers", &pool_info::active_workers},
                      field{"queued", &pool_info::queued},
                      field{"queue_limit", &pool_info::queue_limit},
                      field{"tasks_completed", &pool_info::tasks_completed},
                      field{"tasks_failed", &pool_info::tasks_failed}};
  }
};

/// Describe all pools, oldest first; answered by `pool_list`.
struct list_pools {
  friend bool operator==(const list_pools&, const list_pools&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct pool_list {
  std::vector<pool_info> pools;

  friend bool operator==(const pool_list&, const pool_list&) = default;
  static constexpr auto fields() { return std::tuple{field{"pools", &pool_list::pools}}; }
};

/// Run a task on the pool of that name or id; answered by `task_result`.
struct execute_on_pool {
  std::string pool;
  task_spec spec;

  friend bool operator==(const execute_on_pool&, const execute_on_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &execute_on_pool::pool}, field{"spec", &execute_on_pool::spec}};
  }
};

/// Run a task on the pool that the selector finds; answered by `task_result`.
struct route_task {
  task_spec spec;
  /// Name of a `pool_selector`; empty: the default of the settings.
  std::string selector;
  /// Name or id of a pool, for the selector `affinity`.
  std::string affinity;

  friend bool operator==(const route_task&, const route_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"spec", &route_task::spec},
                      field{"pool_selector", &route_task::selector},
                      field{"pool_affinity", &route_task::affinity}};
  }
};

/// Close the pool of that name or id and end what runs there; answered by `pool_closed`.
struct close_pool {
  std::string pool;

  friend bool operator==(const close_pool&, const close_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"pool", &close_pool::pool}}; }
};

struct pool_closed {
  pool_id pool;
  std::string status = "closed";

  friend bool operator==(const pool_closed&, const pool_closed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_closed::pool}, field{"status", &pool_closed::status}};
  }
};

/// Close every pool; answered by `pools_closed` when nothing runs any more.
struct close_all_pools {
  friend bool operator==(const close_all_pools&, const close_all_pools&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct pools_closed {
  std::int32_t count = 0;
  std::string status = "all_closed";

  friend bool operator==(const pools_closed&, const pools_closed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pools_closed", &pools_closed::count},
                      field{"status", &pools_closed::status}};
  }
};

/// Notice of a pool to its manager: one task that was dispatched to it is in it no more.
struct task_left_pool {
  pool_id pool;
  task_id task;

  friend bool operator==(const task_left_pool&, const task_left_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &task_left_pool::pool},
                      field{"task_id", &task_left_pool::task}};
  }
};

} // namespace mahavishnu
