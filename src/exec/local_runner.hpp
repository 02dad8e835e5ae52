// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace mahavishnu::exec {

class child_loop;

/// Runs processes on this machine, all of them watched by one thread. A child sees the environment
/// that this process had when the runner was opened.
///
/// When the process that was started has ended, the rest of its process group is killed: a task
/// leaves nothing behind, except what has made itself a session or a group of its own.
class local_runner final : public process_runner {
public:
  /// Fails when the system gives no descriptor or no thread.
  static result<std::unique_ptr<local_runner>> open();

  /// Ends all processes, with their grace but no more than five seconds of it, and returns after
  /// the last `done`. Not to be called from a `done`.
  ~local_runner() override;

  process_handle start(process_spec spec, std::function<void(process_exit)> done) override;
  void stop(process_handle handle) override;
  void measure(process_handle handle, std::function<void(std::uint64_t)> done) override;

private:
  explicit local_runner(std::unique_ptr<child_loop> loop);

  std::unique_ptr<child_loop> loop_;
  std::atomic<process_handle> last_handle_ = 0;
  std::thread thread_;
};

} // namespace mahavishnu::exec
