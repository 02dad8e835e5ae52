// SPDX-License-Identifier: MIT
#pragma once

#include "exec/spawn_options.hpp"
#include "exec/terminal_size.hpp"

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

/// Bytes that only the process is to see.
struct secret {
  /// As that of a variable: letters, digits and '_'.
  std::string name;
  std::string value;

  friend bool operator==(const secret&, const secret&) = default;
};

/// What to run and within which bounds.
struct process_spec {
  /// Names the run for ever, also for a server that comes later: letters, digits, '.', '_' and '-',
  /// no more than 100. Empty: the runner makes one up.
  std::string run;
  /// The program, searched in the PATH the child will have, and its arguments.
  std::vector<std::string> argv;
  /// Where it runs; empty: the directory of this process.
  std::string working_directory;
  /// Set on top of the environment of this process; a later entry of the same name wins.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Given to the child as it takes it, then end of file, unless more is to come.
  std::string stdin_text;
  /// More input comes by write_input(), so there is no end of file yet.
  bool input_stays_open = false;
  /// Bytes kept per stream in the exit: of longer output the first and the last half, and a line
  /// between.
  std::size_t output_limit = std::size_t{1} << 20;
  /// Bytes kept per stream in a file, by runners that keep files.
  std::uint64_t file_limit = std::uint64_t{64} << 20;
  /// Between SIGTERM and SIGKILL when the process is stopped.
  std::chrono::milliseconds grace{5000};
  /// With a terminal of that size instead of pipes: all that it shows is its standard output, what
  /// it is given as input is typed, and the end of the input is Ctrl-D.
  std::optional<terminal_size> terminal;
  std::vector<resource_limit> limits;
  /// -20 (first in line) to 19 (last).
  std::optional<int> nice;
  /// The bits that files it makes will not have.
  std::optional<mode_t> umask;
  /// Each can be read from a descriptor of its own, whose number is in the variable NAME_FD. The
  /// bytes are in no argument, no environment, no log and no file with a name.
  std::vector<secret> secrets;
  std::optional<cgroup_limits> cgroup;
};

/// How a process ended and what it wrote.
struct process_exit {
  /// Why it never ran or what became of it: missing program or directory, permission, no free
  /// descriptors, a keeper that died.
  std::optional<error> failure;
  /// 128 + signal when a signal ended it.
  int exit_code = 0;
  /// The signal that ended it, or 0.
  int signal = 0;
  std::string standard_output;
  std::string standard_error;
  bool output_truncated = false;
  bool error_truncated = false;
  /// What it wrote in all, kept or not.
  std::uint64_t output_bytes = 0;
  std::uint64_t error_bytes = 0;
  /// Processes that it has left and that could not be ended. They still run.
  std::vector<pid_t> survivors;
  /// What else is to be known: why there are survivors, which limit was not kept, that memory was
  /// short. Empty when all went as it should.
  std::string note;
};

/// How much a running process has written to one stream, and where that can be read.
struct output_growth {
  enum class stream : std::uint8_t { output = 1, error = 2 };

  stream which = stream::output;
  std::uint64_t bytes = 0;
  /// Empty when the runner keeps no files.
  std::string path;
};

/// Names a started process until its `done` has been called; never used twice by one runner.
using process_handle = std::uint64_t;

/// Runs processes. Thread-safe; no call blocks. What is given as `done` is called exactly once,
/// from a thread of the runner, never from inside the call; it must be short, and what it throws
/// is dropped. Handles that are unknown, or whose process has ended, do no harm.
class process_runner {
public:
  virtual ~process_runner() = default;

  /// Starts the process; `done` gets its end.
  virtual process_handle start(process_spec spec, std::function<void(process_exit)> done) = 0;

  /// Waits for the end of a run that an earlier program has started here and that goes on, or whose
  /// end nobody has heard; `done` gets `errc::lost` when there is none of that name.
  virtual process_handle attach(const std::string& run, std::function<void(process_exit)> done,
                                std::size_t output_limit) = 0;

  /// The ends of these runs are in good hands, or will be as soon as they have come: nobody needs
  /// to be told of them again, and what is kept of them may go.
  virtual void settle(std::vector<std::string> runs) = 0;

  /// Ends the whole process group: SIGTERM, grace, SIGKILL. `done` still comes.
  virtual void stop(process_handle handle) = 0;

  /// Calls `done` with the resident memory, in bytes, of the process and its descendants; with 0
  /// when it is not running.
  virtual void measure(process_handle handle, std::function<void(std::uint64_t)> done) = 0;

  /// Gives more to a process that was started with `input_stays_open`, and the end of file after
  /// it if this is the `last` of it. `done` comes when there is room for more, or with an error
  /// when nobody reads it any more. Whoever does not wait for it is refused once `input_bound`
  /// bytes wait.
  virtual void write_input(process_handle handle, std::string bytes, bool last,
                           std::function<void(result<void>)> done) = 0;

  /// Gives the terminal of a process another size; nothing happens when it has none.
  virtual void resize(process_handle handle, terminal_size size) = 0;

  /// Has `grown` called when there is new output, at most every 50 milliseconds and until the end,
  /// at which the exit tells the rest. Another call replaces it; an empty one ends it.
  virtual void follow(process_handle handle, std::function<void(const output_growth&)> grown) = 0;

  /// Where what a run writes can be read until its end has been settled; it need not be there yet.
  /// Empty when this runner keeps no files.
  virtual std::string file_of(const std::string& run, output_growth::stream which) const = 0;
};

/// Input that may wait for a process that does not read it.
inline constexpr std::size_t input_bound = std::size_t{4} << 20;

} // namespace mahavishnu::exec
