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
/// When the process that was started has ended, the rest of its process group is killed, and all of
/// its tree when one of them still holds its output. What has left the tree without holding
/// anything, a daemon for example, is found by the mark in its environment and killed no later than
/// a good second after the end, or when the runner goes.
///
/// What is not found: a process that has a session of its own, another environment and no parent
/// any more. Only a cgroup holds that one (process_spec::cgroup), or a keeper, which is told of
/// orphans. This process does not ask to be told: it would change the program that embeds it.
class local_runner final : public process_runner {
public:
  /// Fails when the system gives no descriptor or no thread. With a directory, what processes write
  /// also goes to files in it, named RUN.out and RUN.err, which can be followed.
  static result<std::unique_ptr<local_runner>> open(std::string output_directory = {});

  /// Ends all processes, with their grace but no more than five seconds of it, and returns after
  /// the last `done`. Not to be called from a `done`.
  ~local_runner() override;

  process_handle start(process_spec spec, std::function<void(process_exit)> done) override;
  /// Its processes end with it, so there never is one.
  process_handle attach(const std::string& run, std::function<void(process_exit)> done,
                        std::size_t output_limit) override;
  void settle(std::vector<std::string>) override {}
  void stop(process_handle handle) override;
  void measure(process_handle handle, std::function<void(std::uint64_t)> done) override;
  void write_input(process_handle handle, std::string bytes, bool last,
                   std::function<void(result<void>)> done) override;
  void resize(process_handle handle, terminal_size size) override;
  void follow(process_handle handle, std::function<void(const output_growth&)> grown) override;
  std::string file_of(const std::string& run, output_growth::stream which) const override;

private:
  local_runner(std::unique_ptr<event_loop> loop, std::string output_directory);

  std::string output_directory_;
  std::unique_ptr<event_loop> loop_;
  std::unique_ptr<process_engine> engine_;
  std::atomic<process_handle> last_handle_ = 0;
  loop_thread thread_;
};

} // namespace mahavishnu::exec
