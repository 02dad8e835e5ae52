// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Child processes: how to run one, bound it and end it. Unaware of tasks, pools and actors.
namespace mahavishnu::exec {

/// What to run and within which bounds.
struct process_spec {
  /// The program, searched in the PATH the child will have, and its arguments.
  std::vector<std::string> argv;
  /// Where it runs; empty: the directory of this process.
  std::string working_directory;
  /// Set on top of the environment of this process; a later entry of the same name wins.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Given to the child as it takes it, then end of file.
  std::string stdin_text;
  /// Bytes kept per stream: of longer output the first and the last half, and a line between.
  std::size_t output_limit = std::size_t{1} << 20;
  /// Between SIGTERM and SIGKILL when the process is stopped.
  std::chrono::milliseconds grace{5000};
};

/// How a process ended and what it wrote.
struct process_exit {
  /// Why it never ran: missing program or directory, permission, no free descriptors.
  std::optional<error> failure;
  /// 128 + signal when a signal ended it.
  int exit_code = 0;
  /// The signal that ended it, or 0.
  int signal = 0;
  std::string standard_output;
  std::string standard_error;
  bool output_truncated = false;
  bool error_truncated = false;
};

/// Names a started process until its `done` has been called; never used twice by one runner.
using process_handle = std::uint64_t;

/// Runs processes. Thread-safe; no call blocks.
class process_runner {
public:
  virtual ~process_runner() = default;

  /// Starts the process; `done` is called exactly once, from a thread of the runner, never from
  /// inside start(). It must be short; what it throws is dropped.
  virtual process_handle start(process_spec spec, std::function<void(process_exit)> done) = 0;

  /// Ends the whole process group: SIGTERM, grace, SIGKILL. `done` still comes. Unknown handles are
  /// ignored.
  virtual void stop(process_handle handle) = 0;

  /// Calls `done` with the resident memory, in bytes, of the process and its descendants, from a
  /// thread of the runner; with 0 when it is not running.
  virtual void measure(process_handle handle, std::function<void(std::uint64_t)> done) = 0;
};

} // namespace mahavishnu::exec
