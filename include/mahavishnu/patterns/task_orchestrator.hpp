// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/patterns/output_capture.hpp"
#include "mahavishnu/patterns/pattern_advisor.hpp"
#include "mahavishnu/patterns/run_registry.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mahavishnu {

/// A script and its arguments. `.py` runs with python3, `.js` and `.mjs` with node, `.sh` with
/// /bin/sh; any other file has to be executable. A name without '/' that is no file is looked up in
/// PATH.
struct script_call {
  std::string script;
  std::vector<std::string> args{};
};

/// How the run of a script ended.
enum class script_end : std::uint8_t { exited, timed_out, cancelled };

enum class script_stream : std::uint8_t { standard_output, standard_error };

/// What every pattern may be told.
struct script_options {
  /// Empty: the folder of the script; for a program that was found in PATH, the current one.
  std::string cwd;
  /// Set on top of the environment of this process.
  std::map<std::string, std::string> environment;
  /// From the start of the script until it is ended; 0: no end.
  std::chrono::milliseconds timeout{0};
};

/// Options of a pattern that waits for the script.
struct waiting_options : script_options {
  /// A stop ends the script: SIGTERM, 5 s, SIGKILL, with all that it has started.
  std::stop_token cancel;
};

struct simple_options : waiting_options {
  /// Bytes kept of each stream: of a longer one the first and the last half, and a line between.
  std::size_t output_limit = std::size_t{16} << 20;
  /// All that the script writes, while it runs and byte for byte, on the thread of the caller.
  std::function<void(script_stream, std::string_view)> on_output;
};

struct simple_result {
  /// 128 + signal when a signal ended it.
  int exit_code = 0;
  std::string standard_output;
  std::string standard_error;
  bool output_truncated = false;
  bool error_truncated = false;
  script_end end = script_end::exited;
};

struct long_running_options : waiting_options {
  /// Empty: made from the time and the name of the script.
  std::string run_id;
  /// Lines that the capture keeps.
  std::size_t max_lines = 1000;
  /// These three are called on the thread of the caller.
  std::function<void(const log_entry&)> on_line;
  std::function<void(script_stream, std::string_view)> on_output;
  std::function<void(const run_progress&)> on_progress;
};

struct long_running_result {
  std::string run_id;
  int exit_code = 0;
  script_end end = script_end::exited;
  run_progress progress;
};

struct module_result {
  /// Place of the task among all.
  std::size_t index = 0;
  std::string module_id;
  /// -1 when it never ran.
  int exit_code = -1;
  bool success = false;
  /// Why it was no success.
  std::string error;
  std::string standard_output;
  std::string standard_error;
  bool output_truncated = false;
  bool error_truncated = false;
  /// Where all of a stream that was too long can be read, as long as `on_result` runs.
  std::string output_file;
  std::string error_file;
};

struct concurrent_options : waiting_options {
  /// Empty: the script of the call, once.
  std::vector<script_call> tasks;
  std::size_t max_concurrent = 5;
  /// Bytes kept of each stream of each task.
  std::size_t output_limit = std::size_t{1} << 20;
  /// Called on the thread of the caller, in the order of the tasks, each as early as possible. Then
  /// the results are not kept.
  std::function<void(const module_result&)> on_result;
};

struct detached_options : script_options {
  /// Empty: made from the time and the name of the script.
  std::string run_id;
  /// Empty: the name of the script without its ending.
  std::string module_name;
  std::map<std::string, std::string> parameters;
};

/// All that execute() may be told, whatever the pattern; each takes what it knows.
struct execute_options : script_options {
  /// None: chosen by what follows, see task_orchestrator::select.
  std::optional<task_pattern> pattern;
  bool periodic = false;
  bool streaming = false;
  /// With tasks, how many run at once.
  std::size_t concurrent_tasks = 1;
  bool wait_for_result = true;
  bool use_pool = false;

  std::vector<script_call> tasks;
  std::size_t max_concurrent = 5;
  std::string run_id;
  std::string module_name;
  std::map<std::string, std::string> parameters;
  std::function<void(const log_entry&)> on_line;
  std::function<void(const run_progress&)> on_progress;
  std::stop_token cancel;
};

/// What execute() gives: simple, long_running, concurrent and pooled, fire_and_forget.
using pattern_result =
    std::variant<simple_result, long_running_result, std::vector<module_result>, run_record>;

struct orchestrator_options {
  /// Where runs are written down. Empty: long running ones are not, and nothing can be started and
  /// left.
  std::string state_directory;
  /// Empty: named by MAHAVISHNU_KEEPER, else beside this program or where it is installed.
  std::string keeper_program;
  /// Gets the lines of long running scripts; empty: nobody does.
  std::shared_ptr<output_capture> capture;
  /// Python processes that pooled scripts share.
  std::size_t most_interpreters = 4;
};

/// Runs scripts in the pattern that fits. Thread-safe; each call blocks as long as its pattern
/// says. A script that fails is a result; an error says why it did not run.
class task_orchestrator {
public:
  explicit task_orchestrator(orchestrator_options options = {});
  ~task_orchestrator();
  task_orchestrator(const task_orchestrator&) = delete;
  task_orchestrator& operator=(const task_orchestrator&) = delete;

  /// Waits; the output comes together with the exit code.
  result<simple_result> simple(const script_call& what, const simple_options& how = {});
  /// Waits; the output comes while the script runs.
  result<long_running_result> long_running(const script_call& what,
                                           const long_running_options& how = {});
  /// Waits for all. One that fails, or cannot be started, stops no other.
  result<std::vector<module_result>> concurrent(const concurrent_options& how);
  /// Waits for all, like concurrent(). Python scripts only: they run in interpreters that have
  /// started already, each as if it had one of its own. The interpreters stay as long as this
  /// object, unless nothing comes for a minute.
  result<std::vector<module_result>> pooled(const concurrent_options& how);
  /// Returns when the script is in the hands of a process of its own, which outlives this one.
  result<run_record> fire_and_forget(const script_call& what, const detached_options& how = {});

  /// By the pattern that is named, or the one that select() finds.
  result<pattern_result> execute(const script_call& what, const execute_options& how = {});

  /// The first that holds: periodic, streaming (long_running), more than one task (concurrent), no
  /// waiting (fire_and_forget), use_pool (pooled); else simple.
  static task_pattern select(const execute_options& how);

  /// Kills all that runs in calls that have not returned, at once. Not what was started and left.
  void kill_all();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace mahavishnu
