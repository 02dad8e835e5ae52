// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"
#include "exec/run_output.hpp"
#include "exec/spawn.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// One running process with its pipes: gives it its input, keeps its output, ends it. Unaware of
/// the loop that says when a pipe is ready, and of time.
class child {
public:
  /// The input that is known from the beginning is not counted by the bound.
  child(spawned_process process, std::string input, bool more_input, run_output output,
        run_output error_output);

  pid_t pid() const { return process_.pid; }
  int exit_fd() const { return process_.exit.get(); }
  int input_fd() const { return process_.input.get(); }
  int output_fd() const { return process_.output.get(); }
  int error_fd() const { return process_.error_output.get(); }

  /// Bytes that wait for the process to read them.
  std::size_t waiting_input() const { return input_.size() - input_written_; }
  void add_input(std::string_view bytes, bool last);

  /// What is to become of the descriptor of the input.
  enum class input_state {
    /// Bytes wait: watch it.
    blocked,
    /// All is written, more may come.
    idle,
    /// Nobody reads it, or the end has been reached: forget the descriptor and close_input().
    finished
  };
  /// Writes what the pipe takes.
  input_state write_input();
  void close_input() { process_.input.close(); }

  /// Reads some of what is there, by way of `buffer`. False at the end of the stream: the caller
  /// then forgets the descriptor and calls close_output() or close_error().
  bool read_output(std::span<char> buffer) { return read(process_.output, output_, buffer); }
  bool read_error(std::span<char> buffer) { return read(process_.error_output, error_, buffer); }
  void close_output() { process_.output.close(); }
  void close_error() { process_.error_output.close(); }

  std::uint64_t output_bytes() const { return output_.bytes(); }
  std::uint64_t error_bytes() const { return error_.bytes(); }

  /// Asks the group to end; a stopped member is woken so that it can hear it.
  void terminate();
  void kill_group();

  /// Whether somebody still holds the other end of its output.
  bool output_is_held() const;

  bool has_exited() const;

  /// Waits for the end of a killed process, with a limit: only for one that no loop can watch.
  void wait_for_exit();

  /// After the process has ended: takes its status, and with it its number from the system.
  void reap();

  /// After reap(): takes what the pipes still hold. Does not wait for anybody who holds one open.
  process_exit finish(std::span<char> buffer);

private:
  bool read(const unique_fd& fd, run_output& output, std::span<char> buffer);
  void drain(const unique_fd& fd, run_output& output, std::span<char> buffer);

  spawned_process process_;
  std::string input_;
  std::size_t input_written_ = 0;
  bool more_input_ = false;
  bool is_terminal_ = false;
  run_output output_;
  run_output error_;
  process_exit exit_;
};

} // namespace mahavishnu::exec
