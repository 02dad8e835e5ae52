// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"
#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

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

/// What a requester wants done.
struct task_spec {
  /// For a worker of type `shell` a shell script.
  shared_text prompt;
  /// Empty: that of the server.
  std::string working_directory;
  /// Added to the environment of the server.
  std::map<std::string, std::string> environment;
  shared_text stdin_text;
  /// From the start of the process; zero: the default of the settings.
  std::chrono::milliseconds timeout{0};
  /// Whether the task is cancelled when the requester goes away (a command that got Ctrl-C).
  bool cancel_with_requester = false;

  friend bool operator==(const task_spec&, const task_spec&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"prompt", &task_spec::prompt},
                      field{"working_directory", &task_spec::working_directory},
                      field{"environment", &task_spec::environment},
                      field{"stdin", &task_spec::stdin_text},
                      field{"timeout", &task_spec::timeout},
                      field{"cancel_with_requester", &task_spec::cancel_with_requester}};
  }
};

/// Run this task; answered by a `task_result` when it has ended, however it ended.
struct execute_task {
  task_id task;
  task_spec spec;

  friend bool operator==(const execute_task&, const execute_task&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"task_id", &execute_task::task}, field{"spec", &execute_task::spec}};
  }
};

/// End this task, if it has not ended yet; its requester gets a result with status `cancelled`.
struct cancel_task {
  task_id task;

  friend bool operator==(const cancel_task&, const cancel_task&) = default;
  static constexpr auto fields() { return std::tuple{field{"task_id", &cancel_task::task}}; }
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
  /// From the start of the process to its end.
  std::chrono::nanoseconds duration{0};
  /// Whether `output` or `stderr` lost bytes to the limit of the settings.
  bool truncated = false;

  friend bool operator==(const task_result&, const task_result&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field{"task_id", &task_result::task},          field{"pool_id", &task_result::pool},
        field{"worker_id", &task_result::worker},      field{"status", &task_result::status},
        field{"output", &task_result::output},         field{"error", &task_result::error},
        field{"stderr", &task_result::standard_error}, field{"exit_code", &task_result::exit_code},
        field{"duration", &task_result::duration},     field{"truncated", &task_result::truncated}};
  }
};

} // namespace mahavishnu
