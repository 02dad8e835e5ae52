// SPDX-License-Identifier: MIT
#pragma once

#include "exec/loop_thread.hpp"
#include "exec/process_engine.hpp"
#include "mahavishnu/patterns/task_orchestrator.hpp"
#include "patterns/script.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu {

/// Between SIGTERM and SIGKILL.
inline constexpr std::chrono::seconds script_grace{5};

/// Processes of one call and the thread that watches them. They get SIGKILL when this thread ends,
/// however that happens.
class script_engine {
public:
  static result<std::unique_ptr<script_engine>> open(exec::engine_options options);
  /// Ends what runs, with its grace.
  ~script_engine();

  exec::event_loop& loop() { return *loop_; }
  /// Belongs to the thread of the loop.
  exec::process_engine& processes() { return processes_; }

private:
  script_engine(std::unique_ptr<exec::event_loop> loop, exec::engine_options options);

  std::unique_ptr<exec::event_loop> loop_;
  exec::process_engine processes_;
  exec::loop_thread thread_;
};

/// A directory for outputs that goes with the call.
class output_place {
public:
  static result<output_place> make();
  ~output_place();
  output_place(output_place&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  output_place& operator=(output_place&&) = delete;

  const std::string& path() const { return path_; }

private:
  explicit output_place(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// One script that somebody waits for.
struct waited_script {
  exec::process_spec spec;
  std::chrono::milliseconds timeout{0};
  std::stop_token cancel;
  /// Gets all that it writes, on the thread of the caller; the engine keeps outputs in that
  /// directory then.
  std::function<void(script_stream, std::string_view)> on_output;
  std::string output_directory;
  /// Whether what was given to `on_output` leaves the disk.
  bool frees_output = false;
  /// Asked now and then: whether it is to be cancelled.
  std::function<bool()> is_cancelled;
};

struct ended_script {
  exec::process_exit exit;
  script_end end = script_end::exited;
};

/// Returns when it has ended. What a callback throws ends it, and goes on to the caller then.
ended_script run_script(script_engine& engine, waited_script what);

/// What is to be started for a script that was found.
result<exec::process_spec> spec_of(found_script script, const script_options& how);

} // namespace mahavishnu
