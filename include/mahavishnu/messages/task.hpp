// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"
#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/retry.hpp"
#include "mahavishnu/messages/shared.hpp"
#include "mahavishnu/messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mahavishnu {

/// Where a task stands.
enum class task_status : std::uint8_t {
  /// Accepted, waits for a worker.
  queued,
  /// Accepted, waits for something other than a worker.
  parked,
  /// A worker has it.
  running,
  /// Ended well: the process ended with code 0.
  completed,
  /// Ended badly: another exit code, a signal, or it could not be started.
  failed,
  /// Ended by us, since its time was over.
  timed_out,
  /// Ended by us, since somebody asked for it.
  cancelled,
  /// The worker that had it is gone and nobody knows how the task ended.
  lost,
};

template <>
struct enum_names<task_status> {
  static constexpr std::array<std::string_view, 8> values{
      "queued", "parked", "running", "completed", "failed", "timeout", "cancelled", "lost"};
};

/// Whether no state follows.
constexpr bool is_final(task_status status) {
  return status != task_status::queued && status != task_status::parked &&
         status != task_status::running;
}

/// What of the tasks of a pool outlives the server.
enum class durability : std::uint8_t {
  /// As the settings say.
  by_default,
  /// Nothing: tasks and results are in memory.
  none,
  /// What is written soon after.
  async,
  /// All: written before anybody hears of it.
  sync,
};

template <>
struct enum_names<durability> {
  static constexpr std::array<std::string_view, 4> values{"default", "none", "async", "sync"};
};

/// Names and values that narrow down which pools may have a task.
using label_map = std::map<std::string, std::string>;

/// What a requester wants done.
struct task_spec {
  /// For a worker of type `shell` a shell script.
  shared_text prompt;
  /// A shell script too, for those who keep prompts for agents; one of the two is given.
  shared_text command;
  /// Empty: that of the server.
  std::string working_directory;
  /// Added to the environment of the server.
  std::map<std::string, std::string> environment;
  shared_text stdin_text;
  /// From the start of an attempt; zero: the default of the pool.
  std::chrono::milliseconds timeout{0};
  /// From the acceptance of the task, retries included; zero: none.
  std::chrono::milliseconds deadline{0};
  /// Those with a higher one leave the queue first.
  std::int32_t priority = 0;
  /// What is left open here is as the pool has it.
  retry_policy retry;
  /// A second task with this key is not run: it gets the answer of the first one.
  std::string idempotency_key;
  /// The task runs only on a pool that has all of these.
  label_map labels;
  /// For the requester; we only keep it.
  std::map<std::string, std::string> metadata;
  /// Whether the task is cancelled when the requester goes away (a command that got Ctrl-C).
  bool cancel_with_requester = false;

  friend bool operator==(const task_spec&, const task_spec&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"prompt", &task_spec::prompt},
                      field{"command", &task_spec::command},
                      field{"working_directory", &task_spec::working_directory},
                      field{"environment", &task_spec::environment},
                      field{"stdin", &task_spec::stdin_text},
                      field{"timeout", &task_spec::timeout},
                      field{"deadline", &task_spec::deadline},
                      field{"priority", &task_spec::priority},
                      field{"retry", &task_spec::retry},
                      field{"idempotency_key", &task_spec::idempotency_key},
                      field{"labels", &task_spec::labels},
                      field{"metadata", &task_spec::metadata},
                      field{"cancel_with_requester", &task_spec::cancel_with_requester}};
  }
};

using shared_spec = shared<task_spec>;

/// Why a task came to its pool.
enum class route_reason : std::uint8_t {
  /// The requester named the pool.
  named,
  /// It was the next one.
  round_robin,
  /// It had the least to do.
  least_loaded,
  /// By chance.
  random,
  /// The affinity key belongs to it.
  affinity,
  /// A pool that had too much to do handed it over.
  delegated,
};

template <>
struct enum_names<route_reason> {
  static constexpr std::array<std::string_view, 6> values{"named",  "round_robin", "least_loaded",
                                                          "random", "affinity",    "delegated"};
};

/// How a task found its pool, and what the pool had to do then.
struct route_note {
  route_reason reason = route_reason::named;
  std::int32_t in_flight = 0;
  std::int32_t capacity = 0;

  /// Whether another pool may run it as well.
  bool movable() const {
    return reason != route_reason::named && reason != route_reason::affinity &&
           reason != route_reason::delegated;
  }

  friend bool operator==(const route_note&, const route_note&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"reason", &route_note::reason},
                      field{"in_flight", &route_note::in_flight},
                      field{"capacity", &route_note::capacity}};
  }
};

/// The manager to a pool: run these, whose ids follow each other; answered by `task_results` when
/// all of them have ended, however they ended.
struct execute_tasks {
  task_id first;
  std::vector<shared_spec> specs;
  route_note route;

  friend bool operator==(const execute_tasks&, const execute_tasks&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &execute_tasks::first},
                      field{"specs", &execute_tasks::specs}, field{"route", &execute_tasks::route}};
  }
};

/// The manager to a pool: run this; answered by `task_result` when it has ended, however it ended.
struct execute_task {
  task_id task;
  shared_spec spec;
  route_note route;

  friend bool operator==(const execute_task&, const execute_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &execute_task::task}, field{"spec", &execute_task::spec},
                      field{"route", &execute_task::route}};
  }
};

/// The manager to a pool: take this; answered by `task_accepted` once it is in the queue.
struct accept_task {
  task_id task;
  shared_spec spec;
  route_note route;

  friend bool operator==(const accept_task&, const accept_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &accept_task::task}, field{"spec", &accept_task::spec},
                      field{"route", &accept_task::route}};
  }
};

struct task_accepted {
  task_id task;
  pool_id pool;
  task_status status = task_status::queued;
  /// What of it outlives the server.
  mahavishnu::durability durability = mahavishnu::durability::none;

  friend bool operator==(const task_accepted&, const task_accepted&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"task_id", &task_accepted::task}, field{"pool_id", &task_accepted::pool},
        field{"status", &task_accepted::status}, field{"durability", &task_accepted::durability}};
  }
};

/// The manager to a pool: somebody has asked again for this task, by its idempotency key; answered
/// by `task_accepted` as soon as it is accepted.
struct confirm_task {
  task_id task;

  friend bool operator==(const confirm_task&, const confirm_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &confirm_task::task}}; }
};

/// Have a new task do what this one was to do, where that one was; answered by `task_accepted`.
struct retry_task {
  task_id task;

  friend bool operator==(const retry_task&, const retry_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &retry_task::task}}; }
};

/// Wait until this task has ended; answered by its `task_result`.
struct wait_task {
  task_id task;

  friend bool operator==(const wait_task&, const wait_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &wait_task::task}}; }
};

/// End this task, if it has not ended yet; its requester gets a result with status `cancelled`.
/// Answered at once by `task_cancelled`.
struct cancel_task {
  task_id task;

  friend bool operator==(const cancel_task&, const cancel_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &cancel_task::task}}; }
};

struct task_cancelled {
  task_id task;
  /// As it is now: `cancelled` when it waited, `running` while its process is being ended, or how
  /// it had ended already.
  task_status status = task_status::cancelled;

  friend bool operator==(const task_cancelled&, const task_cancelled&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &task_cancelled::task},
                      field{"status", &task_cancelled::status}};
  }
};

/// How a task ended. A task that exits with 1 is a result and no error.
struct task_result {
  task_id task;
  pool_id pool;
  worker_id worker;
  task_status status = task_status::lost;
  /// What the process wrote to its standard output.
  shared_text output;
  /// Why the task did not complete; empty when it did.
  std::string error;
  /// What the process wrote to its standard error.
  shared_text standard_error;
  /// 128 + N when signal N ended the process; -1 when no process ran to its end.
  std::int32_t exit_code = -1;
  /// Of the last attempt, from the start of the process to its end.
  std::chrono::nanoseconds duration{0};
  /// How often it was started.
  std::int32_t attempts = 0;
  /// Whether `output` or `stderr` lost bytes to the limit of the settings.
  bool truncated = false;

  friend bool operator==(const task_result&, const task_result&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"task_id", &task_result::task},          field{"pool_id", &task_result::pool},
        field{"worker_id", &task_result::worker},      field{"status", &task_result::status},
        field{"output", &task_result::output},         field{"error", &task_result::error},
        field{"stderr", &task_result::standard_error}, field{"exit_code", &task_result::exit_code},
        field{"duration", &task_result::duration},     field{"attempts", &task_result::attempts},
        field{"truncated", &task_result::truncated}};
  }
};

/// A task that never became one.
struct refused_task {
  /// Which of those that were given.
  std::int32_t index = 0;
  /// Number of an `errc`.
  std::int32_t code = 0;
  std::string text;

  friend bool operator==(const refused_task&, const refused_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"index", &refused_task::index}, field{"code", &refused_task::code},
                      field{"text", &refused_task::text}};
  }
};

struct task_results {
  /// One for each task that was given, in that order; those of refused ones say nothing.
  std::vector<task_result> results;
  std::vector<refused_task> refused;

  friend bool operator==(const task_results&, const task_results&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"results", &task_results::results},
                      field{"refused", &task_results::refused}};
  }
};

/// One step of a task: where it stood from then on, and why.
struct task_step {
  /// Since the acceptance of the task.
  std::chrono::nanoseconds after{0};
  task_status status = task_status::queued;
  std::int32_t attempt = 0;
  worker_id worker;
  std::string reason;

  friend bool operator==(const task_step&, const task_step&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"after", &task_step::after}, field{"status", &task_step::status},
                      field{"attempt", &task_step::attempt}, field{"worker_id", &task_step::worker},
                      field{"reason", &task_step::reason}};
  }
};

/// Tell all about this task; answered by `task_info`.
struct describe_task {
  task_id task;

  friend bool operator==(const describe_task&, const describe_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &describe_task::task}}; }
};

struct task_info {
  task_id task;
  pool_id pool;
  std::string pool_name;
  task_status status = task_status::queued;
  /// The status as a sentence.
  std::string meaning;
  route_note route;
  shared_spec spec;
  std::vector<task_step> history;

  friend bool operator==(const task_info&, const task_info&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &task_info::task},    field{"pool_id", &task_info::pool},
                      field{"pool", &task_info::pool_name},  field{"status", &task_info::status},
                      field{"meaning", &task_info::meaning}, field{"route", &task_info::route},
                      field{"spec", &task_info::spec},       field{"history", &task_info::history}};
  }
};

/// List the tasks that are remembered, the newest first; answered by `task_list`.
struct list_tasks {
  /// Name or id of a pool; empty: all pools.
  std::string pool;
  /// Name of a `task_status`; empty: all.
  std::string status;
  std::int32_t limit = 100;
  /// Only older ones than this, which the last page ended with; empty: from the newest on.
  task_id before;
  /// No older ones than this; empty: down to the oldest. A task's id begins with the time at which
  /// it was accepted.
  task_id since;

  friend bool operator==(const list_tasks&, const list_tasks&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"pool", &list_tasks::pool}, field{"status", &list_tasks::status},
                      field{"limit", &list_tasks::limit}, field{"before", &list_tasks::before},
                      field{"since", &list_tasks::since}};
  }
};

/// A task on one line.
struct task_line {
  task_id task;
  pool_id pool;
  std::string pool_name;
  task_status status = task_status::queued;
  std::int32_t attempts = 0;
  /// Since the acceptance of the task.
  std::chrono::nanoseconds age{0};
  /// The first characters of what it runs.
  std::string prompt;

  friend bool operator==(const task_line&, const task_line&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &task_line::task},      field{"pool_id", &task_line::pool},
                      field{"pool", &task_line::pool_name},    field{"status", &task_line::status},
                      field{"attempts", &task_line::attempts}, field{"age", &task_line::age},
                      field{"prompt", &task_line::prompt}};
  }
};

struct task_list {
  std::vector<task_line> tasks;
  /// A sentence for each one that should be here and cannot be read.
  std::vector<std::string> problems;

  friend bool operator==(const task_list&, const task_list&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"tasks", &task_list::tasks}, field{"problems", &task_list::problems}};
  }
};

} // namespace mahavishnu
