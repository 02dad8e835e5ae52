// SPDX-License-Identifier: MIT
#pragma once

#include "exec/output_capture.hpp"
#include "exec/process_runner.hpp"
#include "exec/spawn.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace mahavishnu::exec {

/// One running process with its pipes: gives it its input, keeps its output, ends it. Unaware of
/// the loop that says when a pipe is ready, and of time.
class child {
public:
  using callback = std::function<void(process_exit)>;

  child(spawned_process process, process_spec spec, callback done);

  pid_t pid() const { return process_.pid; }
  int exit_fd() const { return process_.exit.get(); }
  int input_fd() const { return process_.input.get(); }
  int output_fd() const { return process_.output.get(); }
  int error_fd() const { return process_.error_output.get(); }
  std::chrono::milliseconds grace() const { return grace_; }

  /// Writes what the pipe takes. False when there is no more to write or nobody to read it: the
  /// caller then forgets the descriptor and calls close_input().
  bool write_input();
  void close_input() { process_.input.close(); }

  /// Reads some of what is there, by way of `buffer`. False at the end of the stream: the caller
  /// then forgets the descriptor and calls close_output() or close_error().
  bool read_output(std::span<char> buffer) { return read(process_.output, output_, buffer); }
  bool read_error(std::span<char> buffer) { return read(process_.error_output, error_, buffer); }
  void close_output() { process_.output.close(); }
  void close_error() { process_.error_output.close(); }

  /// Asks the group to end; a stopped member is woken so that it can hear it.
  void terminate();
  void kill_group();

  /// Waits for the end of a killed process, with a limit: only for one that no loop can watch.
  void wait_for_exit();

  /// After the process has ended: ends what is left of its group, takes its status and what its
  /// pipes still hold. Does not wait for anybody who holds a pipe open.
  process_exit finish(std::span<char> buffer);

  /// To be called once, with the result of finish() or a failure.
  callback take_callback() { return std::move(done_); }

private:
  bool read(const unique_fd& fd, output_capture& capture, std::span<char> buffer);
  void drain(const unique_fd& fd, output_capture& capture, std::span<char> buffer);

  spawned_process process_;
  std::string input_;
  std::size_t input_written_ = 0;
  output_capture output_;
  output_capture error_;
  std::chrono::milliseconds grace_;
  callback done_;
};

} // namespace mahavishnu::exec
