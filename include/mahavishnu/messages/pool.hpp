// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

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

/// What a pool does with a task when its queue has no room.
enum class full_policy : std::uint8_t {
  /// Answers at once with an error that names the pool and the limit.
  refuse,
  /// Lets the requester wait until there is room, its deadline has passed, or the pool's
  /// `wait_limit`.
  wait,
};

template <>
struct enum_names<full_policy> {
  static constexpr std::array<std::string_view, 2> values{"refuse", "wait"};
};

/// What a pool is to be like. Zero and empty stand for the default of the settings.
struct pool_config {
  std::string name;
  std::string type;
  std::string worker_type;
  std::int32_t min_workers = 0;
  std::int32_t max_workers = 0;
  /// Grow while tasks wait and shrink while workers idle.
  bool auto_scale = false;
  /// How long a worker idles before an `auto_scale` pool lets it go.
  std::chrono::milliseconds idle_limit{0};
  /// Tasks that one worker has at a time; more than 1 only if the worker type can.
  std::int32_t worker_concurrency = 0;
  /// Tasks that may wait.
  std::int32_t queue_limit = 0;
  full_policy when_full = full_policy::refuse;
  /// How long a requester waits for room with the policy `wait`.
  std::chrono::milliseconds wait_limit{0};
  mahavishnu::durability durability = mahavishnu::durability::by_default;
  /// For tasks that leave theirs open.
  retry_policy retry;
  std::chrono::milliseconds default_timeout{0};
  /// Workers that may be replaced within `restart_window`; negative: none. A pool that needs more
  /// is degraded and waits.
  std::int32_t restart_limit = 0;
  std::chrono::milliseconds restart_window{0};
  /// Ended tasks that are remembered.
  std::int32_t history_limit = 0;
  label_map labels;
  /// Remember what its tasks said.
  bool memory_enabled = true;
  /// For worker types that take more.
  std::map<std::string, std::string> extra_config;
  /// Workers that it starts with, also with a server that finds it: what it was scaled to last, or
  /// `min_workers`.
  std::int32_t start_workers = 0;

  friend bool operator==(const pool_config&, const pool_config&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &pool_config::name},
                      field{"pool_type", &pool_config::type},
                      field{"worker_type", &pool_config::worker_type},
                      field{"min_workers", &pool_config::min_workers},
                      field{"max_workers", &pool_config::max_workers},
                      field{"auto_scale", &pool_config::auto_scale},
                      field{"idle_limit", &pool_config::idle_limit},
                      field{"worker_concurrency", &pool_config::worker_concurrency},
                      field{"queue_limit", &pool_config::queue_limit},
                      field{"when_full", &pool_config::when_full},
                      field{"wait_limit", &pool_config::wait_limit},
                      field{"durability", &pool_config::durability},
                      field{"retry", &pool_config::retry},
                      field{"default_timeout", &pool_config::default_timeout},
                      field{"restart_limit", &pool_config::restart_limit},
                      field{"restart_window", &pool_config::restart_window},
                      field{"history_limit", &pool_config::history_limit},
                      field{"labels", &pool_config::labels},
                      field{"memory_enabled", &pool_config::memory_enabled},
                      field{"extra_config", &pool_config::extra_config},
                      field{"start_workers", &pool_config::start_workers}};
  }

  std::int32_t first_workers() const {
    return start_workers > min_workers ? start_workers : min_workers;
  }
};

/// Start a pool; answered by `pool_spawned`.
struct spawn_pool {
  pool_config config;

  friend bool operator==(const spawn_pool&, const spawn_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"config", &spawn_pool::config}}; }
};

/// The pool takes tasks; its `min_workers` workers are there or on their way.
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

/// How well a thing does.
enum class health : std::uint8_t {
  healthy,
  /// It works, but not as it was asked to.
  degraded,
  /// It does not work.
  unhealthy,
};

template <>
struct enum_names<health> {
  static constexpr std::array<std::string_view, 3> values{"healthy", "degraded", "unhealthy"};
};

/// The manager to a pool: your line in the list, please; answered by `pool_info`.
struct get_pool_info {
  friend bool operator==(const get_pool_info&, const get_pool_info&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

/// A pool as it is now.
struct pool_info {
  pool_id pool;
  std::string type;
  std::string name;
  std::string worker_type;
  pool_status status = pool_status::pending;
  mahavishnu::health health = mahavishnu::health::healthy;
  /// Why it is not healthy.
  std::string reason;
  /// It takes no new tasks.
  bool draining = false;
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
                      field{"health", &pool_info::health},
                      field{"reason", &pool_info::reason},
                      field{"draining", &pool_info::draining},
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

/// How are all pools; answered by `pools_health`.
struct get_health {
  friend bool operator==(const get_health&, const get_health&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct pools_health {
  health status = health::healthy;
  std::int32_t pools_active = 0;
  std::vector<pool_info> pools;

  friend bool operator==(const pools_health&, const pools_health&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"status", &pools_health::status},
                      field{"pools_active", &pools_health::pools_active},
                      field{"pools", &pools_health::pools}};
  }
};

/// What a pool has measured since it was spawned.
struct pool_metrics {
  pool_id pool;
  pool_status status = pool_status::pending;
  std::int32_t active_workers = 0;
  std::int32_t idle_workers = 0;
  std::int32_t total_workers = 0;
  /// Tasks that wait for a worker.
  std::int32_t queued = 0;
  /// Tasks that wait for their next attempt.
  std::int32_t parked = 0;
  /// Requesters that wait for room in the queue.
  std::int32_t waiting = 0;
  std::int64_t tasks_completed = 0;
  /// Ended as failed, timeout or lost.
  std::int64_t tasks_failed = 0;
  std::int64_t tasks_cancelled = 0;
  /// Further attempts.
  std::int64_t tasks_retried = 0;
  /// Turned away since there was no room.
  std::int64_t tasks_refused = 0;
  /// Handed to another pool, and taken from another one.
  std::int64_t tasks_delegated = 0;
  std::int64_t tasks_adopted = 0;
  /// Results of attempts that had been given up already.
  std::int64_t late_results = 0;
  std::int64_t workers_restarted = 0;
  /// Notices of other pools that reached this one.
  std::int64_t notices_received = 0;
  /// Of the tasks that a worker ended, in seconds.
  std::chrono::nanoseconds avg_task_duration{0};
  std::chrono::nanoseconds p50_task_duration{0};
  std::chrono::nanoseconds p95_task_duration{0};
  std::chrono::nanoseconds p99_task_duration{0};
  /// Resident memory of the processes that run its tasks now.
  double memory_usage_mb = 0;
  /// Ended tasks that are remembered.
  std::int32_t memory_count = 0;

  friend bool operator==(const pool_metrics&, const pool_metrics&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_metrics::pool},
                      field{"status", &pool_metrics::status},
                      field{"active_workers", &pool_metrics::active_workers},
                      field{"idle_workers", &pool_metrics::idle_workers},
                      field{"total_workers", &pool_metrics::total_workers},
                      field{"queued", &pool_metrics::queued},
                      field{"parked", &pool_metrics::parked},
                      field{"waiting", &pool_metrics::waiting},
                      field{"tasks_completed", &pool_metrics::tasks_completed},
                      field{"tasks_failed", &pool_metrics::tasks_failed},
                      field{"tasks_cancelled", &pool_metrics::tasks_cancelled},
                      field{"tasks_retried", &pool_metrics::tasks_retried},
                      field{"tasks_refused", &pool_metrics::tasks_refused},
                      field{"tasks_delegated", &pool_metrics::tasks_delegated},
                      field{"tasks_adopted", &pool_metrics::tasks_adopted},
                      field{"late_results", &pool_metrics::late_results},
                      field{"workers_restarted", &pool_metrics::workers_restarted},
                      field{"notices_received", &pool_metrics::notices_received},
                      field{"avg_task_duration", &pool_metrics::avg_task_duration},
                      field{"p50_task_duration", &pool_metrics::p50_task_duration},
                      field{"p95_task_duration", &pool_metrics::p95_task_duration},
                      field{"p99_task_duration", &pool_metrics::p99_task_duration},
                      field{"memory_usage_mb", &pool_metrics::memory_usage_mb},
                      field{"memory_count", &pool_metrics::memory_count}};
  }
};

/// Tell all about the pool of that name or id; answered by `pool_description`.
struct describe_pool {
  std::string pool;

  friend bool operator==(const describe_pool&, const describe_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"pool", &describe_pool::pool}}; }
};

struct pool_description {
  pool_info info;
  pool_config config;
  pool_metrics metrics;

  friend bool operator==(const pool_description&, const pool_description&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"info", &pool_description::info},
                      field{"config", &pool_description::config},
                      field{"metrics", &pool_description::metrics}};
  }
};

/// Tell what these pools, by name or id, have done; none named: all. Answered by
/// `aggregated_results`.
struct aggregate_results {
  std::vector<std::string> pools;

  friend bool operator==(const aggregate_results&, const aggregate_results&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_ids", &aggregate_results::pools}};
  }
};

struct pool_results {
  /// Ended tasks that are remembered.
  std::int32_t memory_count = 0;
  /// Name of a `pool_status`, or `not_found`.
  std::string status;
  pool_metrics metrics;

  friend bool operator==(const pool_results&, const pool_results&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"memory_count", &pool_results::memory_count},
                      field{"status", &pool_results::status},
                      field{"metrics", &pool_results::metrics}};
  }
};

struct aggregated_results {
  /// By the id of the pool, or by what was asked for when there is no such pool.
  std::map<std::string, pool_results> pools;

  friend bool operator==(const aggregated_results&, const aggregated_results&) = default;
  static constexpr auto fields() { return std::tuple{field{"pools", &aggregated_results::pools}}; }
};

/// Give the pool of that name or id so many workers, within its `min_workers` and `max_workers`.
/// Answered at once by `pool_scaled`.
struct scale_pool {
  std::string pool;
  std::int32_t target_workers = 0;

  friend bool operator==(const scale_pool&, const scale_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &scale_pool::pool},
                      field{"target_workers", &scale_pool::target_workers}};
  }
};

struct pool_scaled {
  pool_id pool;
  std::int32_t target_workers = 0;
  std::int32_t actual_workers = 0;
  /// `scaled`, or `draining` while busy workers finish what they have.
  std::string status = "scaled";

  friend bool operator==(const pool_scaled&, const pool_scaled&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_scaled::pool},
                      field{"target_workers", &pool_scaled::target_workers},
                      field{"actual_workers", &pool_scaled::actual_workers},
                      field{"status", &pool_scaled::status}};
  }
};

/// Have the pool of that name or id take no new tasks; answered by `pool_drained` when those that
/// it has have ended.
struct drain_pool {
  std::string pool;

  friend bool operator==(const drain_pool&, const drain_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"pool", &drain_pool::pool}}; }
};

struct pool_drained {
  pool_id pool;
  std::string status = "drained";

  friend bool operator==(const pool_drained&, const pool_drained&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_drained::pool},
                      field{"status", &pool_drained::status}};
  }
};

/// Have a pool that drains or has been drained take tasks again; answered by `pool_resumed`.
struct resume_pool {
  std::string pool;

  friend bool operator==(const resume_pool&, const resume_pool&) = default;
  static constexpr auto fields() { return std::tuple{field{"pool", &resume_pool::pool}}; }
};

struct pool_resumed {
  pool_id pool;
  std::string status = "running";

  friend bool operator==(const pool_resumed&, const pool_resumed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool_id", &pool_resumed::pool},
                      field{"status", &pool_resumed::status}};
  }
};

/// Run a task on the pool of that name or id; answered by `task_result`.
struct execute_on_pool {
  std::string pool;
  shared_spec spec;

  friend bool operator==(const execute_on_pool&, const execute_on_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &execute_on_pool::pool}, field{"spec", &execute_on_pool::spec}};
  }
};

/// Run a task on the pool that the selector finds; answered by `task_result`.
struct route_task {
  shared_spec spec;
  /// Name of a `pool_selector`; empty: the default of the settings.
  std::string selector;
  /// For the selector `affinity`: name or id of a pool, or any key, which sticks to one pool.
  std::string affinity;

  friend bool operator==(const route_task&, const route_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"spec", &route_task::spec},
                      field{"pool_selector", &route_task::selector},
                      field{"pool_affinity", &route_task::affinity}};
  }
};

/// Take a task, on the named pool or on the one that the selector finds; answered by
/// `task_accepted` as soon as the task is in the queue.
struct submit_task {
  shared_spec spec;
  std::string pool;
  std::string selector;
  std::string affinity;

  friend bool operator==(const submit_task&, const submit_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"spec", &submit_task::spec}, field{"pool", &submit_task::pool},
                      field{"pool_selector", &submit_task::selector},
                      field{"pool_affinity", &submit_task::affinity}};
  }
};

/// Close the pool of that name or id and end what runs there; answered by `pool_closed`.
struct close_pool {
  std::string pool;
  /// For a server that goes: a pool whose tasks are in the journal leaves them, and what runs, to
  /// the next one.
  bool keep_tasks = false;

  friend bool operator==(const close_pool&, const close_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &close_pool::pool},
                      field{"keep_tasks", &close_pool::keep_tasks}};
  }
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
  /// As in `close_pool`.
  bool keep_tasks = false;

  friend bool operator==(const close_all_pools&, const close_all_pools&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"keep_tasks", &close_all_pools::keep_tasks}};
  }
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

/// Names a pool where many are counted; never used twice by one manager.
using pool_number = std::uint32_t;

/// A pool to its manager: tasks that were dispatched to it are in it no more. How many stands where
/// both of them see it.
struct tasks_left_pool {
  pool_number pool = 0;
  /// Those among them that have an idempotency key: that ended, and that were not taken at all.
  std::vector<task_id> keyed;
  std::vector<task_id> refused;

  friend bool operator==(const tasks_left_pool&, const tasks_left_pool&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &tasks_left_pool::pool},
                      field{"keyed", &tasks_left_pool::keyed},
                      field{"refused", &tasks_left_pool::refused}};
  }
};

/// A pool to its manager: so many tasks that were dispatched to it are in another one now.
struct tasks_moved {
  pool_number from = 0;
  pool_number to = 0;
  std::int32_t count = 0;

  friend bool operator==(const tasks_moved&, const tasks_moved&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"from", &tasks_moved::from}, field{"to", &tasks_moved::to},
                      field{"count", &tasks_moved::count}};
  }
};

/// A pool to its manager: as many tasks as this run at a time now, and so many wait that another
/// pool could have.
struct pool_changed {
  pool_number pool = 0;
  std::int32_t capacity = 0;
  bool has_movable_tasks = false;

  friend bool operator==(const pool_changed&, const pool_changed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &pool_changed::pool},
                      field{"capacity", &pool_changed::capacity},
                      field{"has_movable_tasks", &pool_changed::has_movable_tasks}};
  }
};

} // namespace mahavishnu
