// SPDX-License-Identifier: MIT
#pragma once

#include "exec/child.hpp"
#include "exec/engine_options.hpp"
#include "exec/event_loop.hpp"
#include "exec/leftovers.hpp"
#include "exec/process_launcher.hpp"
#include "exec/process_runner.hpp"
#include "exec/process_table.hpp"
#include "exec/pseudo_terminal.hpp"
#include "exec/tree_end.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mahavishnu::exec {

/// The children of this process: their exits, their pipes and their deadlines, on an event loop.
/// All of it belongs to the thread of that loop, which also calls what is given as `done`.
class process_engine {
public:
  using exit_callback = std::function<void(process_exit)>;

  process_engine(event_loop& loop, engine_options options);

  /// What children get to see unless their specification says otherwise, instead of what this
  /// process had when the engine was made.
  void inherit(std::vector<std::string> environment, std::string working_directory) {
    launcher_.inherit(std::move(environment), std::move(working_directory));
  }

  void start(process_handle handle, process_spec spec, exit_callback done);
  /// With the grace of its specification unless another is given.
  void stop(process_handle handle, std::optional<std::chrono::milliseconds> grace = {});
  void measure(process_handle handle, std::function<void(std::uint64_t)> done);
  /// False when the bytes are not taken; `done` says why.
  bool write_input(process_handle handle, std::string_view bytes, bool last,
                   std::function<void(result<void>)> done);
  void resize(process_handle handle, terminal_size size);
  void follow(process_handle handle, std::function<void(const output_growth&)> grown);

  /// Ends every child, each with its grace but no more than this, starts no other, and then calls
  /// `ended`.
  void end_all(std::chrono::milliseconds longest_grace, std::function<void()> ended);

  /// Ends the cgroups of runs with our mark that another engine has left. Blocks, but not for long.
  void end_left_groups() const { launcher_.end_left_groups(); }

  /// Takes the exits of all children of this process, its own and those that have come to it as
  /// orphans. Only for a process that has no other children. To be called after each SIGCHLD.
  void reap();

  std::size_t running() const { return children_.size(); }
  /// Of a running process; -1 of any other.
  pid_t pid_of(process_handle handle) const;

private:
  struct follower {
    explicit follower(std::function<void(const output_growth&)> call) : grown(std::move(call)) {}

    std::function<void(const output_growth&)> grown;
    std::uint64_t told_output = 0;
    std::uint64_t told_error = 0;
    event_loop::clock::time_point told_at;
    event_loop::timer due;
  };

  /// A child and the engine's own notes on it.
  struct entry {
    child process;
    std::string run;
    std::uint64_t file_limit;
    std::chrono::milliseconds grace;
    exit_callback done;
    std::optional<pseudo_terminal> terminal;
    /// If it has one; what is being ended looks at it.
    std::unique_ptr<cgroup> group;
    /// For its exit.
    std::string note;
    event_loop::watch_id exit = 0;
    event_loop::watch_id input = 0;
    event_loop::watch_id output = 0;
    event_loop::watch_id error = 0;
    /// Set from the first stop on, or when the process has ended and something is left of it.
    std::optional<tree_end> ending;
    event_loop::timer next_step;
    /// When the processes were last looked at for this run.
    event_loop::clock::time_point looked_at;
    event_loop::clock::time_point end_of_grace;
    bool has_ended = false;
    /// Called when there is room for more input.
    std::vector<std::function<void(result<void>)>> awaiting_room;
    std::optional<follower> listener;
  };

  bool watch(process_handle handle, entry& running);
  void begin_end(process_handle handle, entry& running, std::chrono::milliseconds grace);
  tree_end end_of(const entry& running, std::chrono::milliseconds grace) const;
  void add_what_is_left(const entry& running, process_exit& exit) const;
  std::optional<event_loop::clock::time_point> step(entry& running);
  void go_on_ending(process_handle handle);
  const process_table* look(const entry& running);
  std::optional<event_loop::clock::time_point> step_blindly(entry& running);
  bool has_left_something(const entry& running);
  bool feed(process_handle handle, entry& running);
  void end_input(entry& running);
  void read(process_handle handle, output_growth::stream which);
  void note_growth(process_handle handle, entry& running);
  void tell_growth(process_handle handle);

  void note_exit(process_handle handle);
  void finish(process_handle handle);
  void give_up(process_handle handle);
  exit_callback forget(process_handle handle);
  void look_for_the_end();
  /// Whether orphans come to this very process.
  bool reaps() const { return reaps_; }

  event_loop& loop_;
  engine_options options_;
  bool reaps_;
  process_launcher launcher_;
  std::vector<char> buffer_;
  std::unordered_map<process_handle, entry> children_;
  std::unordered_map<pid_t, process_handle> handles_;
  /// Orphans that have come to us, and the mark that each carries.
  std::unordered_map<pid_t, std::string> orphans_;
  child_list own_children_;
  std::optional<leftovers> leftovers_;
  std::optional<process_table> table_;
  event_loop::clock::time_point table_read_at_;
  std::optional<std::chrono::milliseconds> ending_;
  std::function<void()> ended_;
};

} // namespace mahavishnu::exec
