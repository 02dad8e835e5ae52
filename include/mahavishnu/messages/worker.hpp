// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/task.hpp"

namespace mahavishnu {

/// One attempt at a task.
struct task_run {
  task_id task;
  /// Says which attempt a result belongs to, so that a late one is recognised.
  std::int32_t attempt = 0;
  std::chrono::milliseconds timeout{0};
  shared_spec spec;
  /// The earlier attempt whose process goes on and is to be waited for; 0: start one.
  std::int32_t goes_on = 0;

  friend bool operator==(const task_run&, const task_run&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &task_run::task}, field{"attempt", &task_run::attempt},
                      field{"timeout", &task_run::timeout}, field{"spec", &task_run::spec},
                      field{"goes_on", &task_run::goes_on}};
  }
};

/// A pool to a worker that is free: run these; answered by `tasks_ended`.
struct run_tasks {
  std::vector<task_run> runs;

  friend bool operator==(const run_tasks&, const run_tasks&) = default;
  static constexpr auto fields() { return std::tuple{field{"runs", &run_tasks::runs}}; }
};

/// How one attempt ended; the members mean what they mean in `task_result`.
struct run_end {
  task_id task;
  std::int32_t attempt = 0;
  task_status status = task_status::lost;
  std::int32_t exit_code = -1;
  bool truncated = false;
  std::chrono::nanoseconds duration{0};
  shared_text output;
  shared_text standard_error;
  std::string error;

  friend bool operator==(const run_end&, const run_end&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"task_id", &run_end::task},        field{"attempt", &run_end::attempt},
        field{"status", &run_end::status},       field{"exit_code", &run_end::exit_code},
        field{"truncated", &run_end::truncated}, field{"duration", &run_end::duration},
        field{"output", &run_end::output},       field{"stderr", &run_end::standard_error},
        field{"error", &run_end::error}};
  }
};

/// A worker to its pool.
struct tasks_ended {
  /// The number of the worker within its pool.
  std::uint32_t worker = 0;
  std::vector<run_end> ends;

  friend bool operator==(const tasks_ended&, const tasks_ended&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker", &tasks_ended::worker}, field{"ends", &tasks_ended::ends}};
  }
};

/// A pool to a worker: end this attempt, if it is not over yet.
struct stop_run {
  task_id task;
  std::int32_t attempt = 0;

  friend bool operator==(const stop_run&, const stop_run&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &stop_run::task}, field{"attempt", &stop_run::attempt}};
  }
};

/// A pool to a worker: what does what you run take; answered by `worker_usage`.
struct measure_worker {
  friend bool operator==(const measure_worker&, const measure_worker&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct worker_usage {
  std::int64_t memory_bytes = 0;

  friend bool operator==(const worker_usage&, const worker_usage&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"memory_bytes", &worker_usage::memory_bytes}};
  }
};

// -- workers outside of pools, as they were before there were pools ------------------------------

/// Start 1 to 50 workers of their own, all or none; answered by `workers_spawned`.
struct spawn_workers {
  /// Empty: the default of the settings.
  std::string worker_type;
  std::int32_t count = 1;

  friend bool operator==(const spawn_workers&, const spawn_workers&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker_type", &spawn_workers::worker_type},
                      field{"count", &spawn_workers::count}};
  }
};

struct workers_spawned {
  std::vector<worker_id> workers;

  friend bool operator==(const workers_spawned&, const workers_spawned&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker_ids", &workers_spawned::workers}};
  }
};

/// Run a task on that worker, after those that it has already; answered by `worker_result`. What
/// only pools know (deadline, priority, retry, idempotency key, labels) must be left out of the
/// task.
struct execute_on_worker {
  worker_id worker;
  shared_spec spec;

  friend bool operator==(const execute_on_worker&, const execute_on_worker&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker_id", &execute_on_worker::worker},
                      field{"spec", &execute_on_worker::spec}};
  }
};

/// How a task ended; the members mean what they mean in `task_result`.
struct worker_result {
  worker_id worker;
  task_status status = task_status::lost;
  shared_text output;
  std::string error;
  std::int32_t exit_code = -1;
  std::chrono::nanoseconds duration{0};
  bool has_output = false;

  friend bool operator==(const worker_result&, const worker_result&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"worker_id", &worker_result::worker},     field{"status", &worker_result::status},
        field{"output", &worker_result::output},        field{"error", &worker_result::error},
        field{"exit_code", &worker_result::exit_code},  field{"duration", &worker_result::duration},
        field{"has_output", &worker_result::has_output}};
  }
};

/// Run each task on its worker; answered by `worker_results` when all have ended. One that cannot
/// be accepted is there as `failed`, and the others run all the same.
struct execute_on_workers {
  std::vector<execute_on_worker> tasks;

  friend bool operator==(const execute_on_workers&, const execute_on_workers&) = default;
  static constexpr auto fields() { return std::tuple{field{"tasks", &execute_on_workers::tasks}}; }
};

/// The last results of these workers; none named: all. Answered by `worker_results`: a worker that
/// has a task now is there as `running` or `queued`, without output, and one that never had any is
/// left out.
struct collect_results {
  std::vector<worker_id> workers;

  friend bool operator==(const collect_results&, const collect_results&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker_ids", &collect_results::workers}};
  }
};

struct worker_results {
  /// In the order of the question.
  std::vector<worker_result> results;

  friend bool operator==(const worker_results&, const worker_results&) = default;
  static constexpr auto fields() { return std::tuple{field{"results", &worker_results::results}}; }
};

/// List these workers; none named: all, the oldest first. Answered by `worker_list`.
struct list_workers {
  std::vector<worker_id> workers;

  friend bool operator==(const list_workers&, const list_workers&) = default;
  static constexpr auto fields() { return std::tuple{field{"worker_ids", &list_workers::workers}}; }
};

struct worker_info {
  worker_id worker;
  std::string worker_type;
  /// `idle`, `queued`, `running`, or how its last task ended.
  std::string status;

  friend bool operator==(const worker_info&, const worker_info&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"worker_id", &worker_info::worker},
                      field{"worker_type", &worker_info::worker_type},
                      field{"status", &worker_info::status}};
  }
};

struct worker_list {
  std::vector<worker_info> workers;

  friend bool operator==(const worker_list&, const worker_list&) = default;
  static constexpr auto fields() { return std::tuple{field{"workers", &worker_list::workers}}; }
};

/// End this worker: what waits for it is cancelled, what it runs is ended. Answered by
/// `workers_closed` when it is gone.
struct close_worker {
  worker_id worker;

  friend bool operator==(const close_worker&, const close_worker&) = default;
  static constexpr auto fields() { return std::tuple{field{"worker_id", &close_worker::worker}}; }
};

/// The same for all workers.
struct close_all_workers {
  friend bool operator==(const close_all_workers&, const close_all_workers&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct workers_closed {
  std::int32_t closed_count = 0;

  friend bool operator==(const workers_closed&, const workers_closed&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"closed_count", &workers_closed::closed_count}};
  }
};

/// How are the workers; answered by `workers_health`.
struct get_workers_health {
  friend bool operator==(const get_workers_health&, const get_workers_health&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct workers_health {
  /// `degraded`: workers died too often to be replaced, or no further task can wait; `unhealthy`:
  /// no worker is left of those that died.
  std::string status = "healthy";
  /// That exist, whatever they do.
  std::int32_t workers_active = 0;
  /// Tasks that may run at a time.
  std::int32_t max_concurrent = 0;
  std::vector<worker_info> workers;

  friend bool operator==(const workers_health&, const workers_health&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"status", &workers_health::status},
                      field{"workers_active", &workers_health::workers_active},
                      field{"max_concurrent", &workers_health::max_concurrent},
                      field{"workers", &workers_health::workers}};
  }
};

/// What kinds of workers are there; answered by `worker_type_list`.
struct list_worker_types {
  /// Only that one; empty: all.
  std::string name;
  /// Ask their programs for their versions too, which takes a while.
  bool probe = false;

  friend bool operator==(const list_worker_types&, const list_worker_types&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &list_worker_types::name},
                      field{"probe", &list_worker_types::probe}};
  }
};

/// A kind of worker.
struct worker_type_info {
  std::string name;
  std::string description;
  /// What it runs for a task; `{prompt}` stands for what the task says.
  std::vector<std::string> command;
  /// How the program gets the prompt: argument, words, stdin, file or none.
  std::string prompt;
  bool built_in = true;
  /// Whether a pool can have such workers now.
  bool usable = false;
  /// The file that is run.
  std::string program;
  /// What the program says of itself; only when it was asked.
  std::string version;
  /// Why it cannot be used, and what would fix it.
  std::string error;

  friend bool operator==(const worker_type_info&, const worker_type_info&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"name", &worker_type_info::name},
                      field{"description", &worker_type_info::description},
                      field{"command", &worker_type_info::command},
                      field{"prompt", &worker_type_info::prompt},
                      field{"built_in", &worker_type_info::built_in},
                      field{"usable", &worker_type_info::usable},
                      field{"program", &worker_type_info::program},
                      field{"version", &worker_type_info::version},
                      field{"error", &worker_type_info::error}};
  }
};

struct worker_type_list {
  /// Sorted by name.
  std::vector<worker_type_info> types;

  friend bool operator==(const worker_type_list&, const worker_type_list&) = default;
  static constexpr auto fields() { return std::tuple{field{"types", &worker_type_list::types}}; }
};

} // namespace mahavishnu
