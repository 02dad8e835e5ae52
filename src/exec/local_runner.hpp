// SPDX-License-Identifier: MIT
#pragma once

#include "exec/loop_thread.hpp"
#include "exec/process_runner.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace mahavishnu::exec {

class process_engine;

/// Runs processes on this machine, all of them watched by one thread. A child sees the environment
/// that this process had when the runner was opened.
///
/// When the process that was started has ended, the rest of its process group is killed: a task
/// leaves nothing behind, except what has made itself a session or a group of its own.
class local_runner final : public process_runner {
public:
  /// Fails when the system gives no descriptor or no thread. With a directory, what processes write
  /// also goes to files in it, named RUN.out and RUN.err, which can be followed.
  static result<std::unique_ptr<local_runner>> open(std::string output_directory = {});

  /// Ends all processes, with their grace but no more than five seconds of it, and returns after
  /// the last `done`. Not to be called from a `done`.
  ~local_runner() override;

  process_handle start(process_spec spec, std::function<void(process_exit)> done) override;
  void stop(process_handle handle) override;
  void measure(process_handle handle, std::function<void(std::uint64_t)> done) override;
  void write_input(process_handle handle, std::string bytes, bool last,
                   std::function<void(result<void>)> done) override;
  void resize(process_handle handle, terminal_size size) override;
  void follow(process_handle handle, std::function<void(const output_growth&)> grown) override;

private:
  local_runner(std::unique_ptr<event_loop> loop, std::string output_directory);

  std::unique_ptr<event_loop> loop_;
  std::unique_ptr<process_engine> engine_;
  std::atomic<process_handle> last_handle_ = 0;
  loop_thread thread_;
};

} // namespace mahavishnu::exec
