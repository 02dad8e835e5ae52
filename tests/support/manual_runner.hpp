// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace mahavishnu::test {

/// Starts nothing: a process of this runner ends when the test says so. Those that have not ended
/// when the runner is destroyed never get their `done`.
class manual_runner final : public exec::process_runner {
public:
  struct started_process {
    exec::process_handle handle;
    exec::process_spec spec;
  };

  exec::process_handle start(exec::process_spec spec,
                             std::function<void(exec::process_exit)> done) override {
    std::lock_guard guard{mutex_};
    auto handle = ++last_handle_;
    started_.push_back({handle, std::move(spec)});
    running_.emplace(handle, std::move(done));
    return handle;
  }

  /// The process ends when the test says so.
  exec::process_handle attach(const std::string& run, std::function<void(exec::process_exit)> done,
                              std::size_t) override {
    std::lock_guard guard{mutex_};
    auto handle = ++last_handle_;
    attached_.push_back({handle, run});
    running_.emplace(handle, std::move(done));
    return handle;
  }

  void settle(std::vector<std::string> runs) override {
    std::lock_guard guard{mutex_};
    std::ranges::move(runs, std::back_inserter(settled_));
  }

  void stop(exec::process_handle handle) override {
    std::lock_guard guard{mutex_};
    stopped_.push_back(handle);
  }

  void measure(exec::process_handle handle, std::function<void(std::uint64_t)> done) override {
    done(is_running(handle) ? bytes_of_each : 0);
  }

  void write_input(exec::process_handle handle, std::string bytes, bool,
                   std::function<void(result<void>)> done) override {
    if (!is_running(handle))
      return done(error{errc::process_failed, "it is not running"});
    std::lock_guard guard{mutex_};
    inputs_[handle] += bytes;
    if (takes_input)
      done({});
  }

  /// Whether processes read what they are given.
  bool takes_input = true;

  /// What a process has been given until now.
  std::string input_of(exec::process_handle handle) const {
    std::lock_guard guard{mutex_};
    auto found = inputs_.find(handle);
    return found == inputs_.end() ? std::string{} : found->second;
  }

  void resize(exec::process_handle, exec::terminal_size) override {}

  void follow(exec::process_handle handle,
              std::function<void(const exec::output_growth&)> grown) override {
    std::lock_guard guard{mutex_};
    followers_[handle] = std::move(grown);
  }

  /// Whoever follows the process hears that it has written so much.
  void tell_growth(exec::process_handle handle, const exec::output_growth& how) {
    std::function<void(const exec::output_growth&)> grown;
    {
      std::lock_guard guard{mutex_};
      if (auto found = followers_.find(handle); found != followers_.end())
        grown = found->second;
    }
    if (grown)
      grown(how);
  }

  std::string file_of(const std::string& run, exec::output_growth::stream which) const override {
    if (on_file_of)
      on_file_of();
    return output_directory.empty()
               ? std::string{}
               : output_directory + "/" + run +
                     (which == exec::output_growth::stream::output ? ".out" : ".err");
  }

  /// Where a test puts what processes seem to write.
  std::string output_directory;

  /// What a test has happen when somebody asks where the output of a process is.
  std::function<void()> on_file_of;

  /// What each running process seems to take.
  std::uint64_t bytes_of_each = std::uint64_t{10} << 20;

  /// Ends a process: calls its `done` on this thread. False when it is not running.
  bool finish(exec::process_handle handle, exec::process_exit exit = {}) {
    std::function<void(exec::process_exit)> done;
    {
      std::lock_guard guard{mutex_};
      auto found = running_.find(handle);
      if (found == running_.end())
        return false;
      done = std::move(found->second);
      running_.erase(found);
      followers_.erase(handle);
    }
    if (done)
      done(std::move(exit));
    return true;
  }

  /// All processes so far, the first one first; those that have ended are among them.
  std::vector<started_process> started() const {
    std::lock_guard guard{mutex_};
    return started_;
  }

  /// The runs given to attach(), in that order, and their handles.
  std::vector<std::pair<exec::process_handle, std::string>> attached() const {
    std::lock_guard guard{mutex_};
    return attached_;
  }

  /// The runs given to settle().
  std::vector<std::string> settled() const {
    std::lock_guard guard{mutex_};
    return settled_;
  }

  /// The handles given to stop(), in that order; also unknown ones.
  std::vector<exec::process_handle> stopped() const {
    std::lock_guard guard{mutex_};
    return stopped_;
  }

  bool is_running(exec::process_handle handle) const {
    std::lock_guard guard{mutex_};
    return running_.count(handle) != 0;
  }

private:
  mutable std::mutex mutex_;
  exec::process_handle last_handle_ = 0;
  std::vector<started_process> started_;
  std::vector<exec::process_handle> stopped_;
  std::vector<std::pair<exec::process_handle, std::string>> attached_;
  std::vector<std::string> settled_;
  std::map<exec::process_handle, std::function<void(exec::process_exit)>> running_;
  std::map<exec::process_handle, std::function<void(const exec::output_growth&)>> followers_;
  std::map<exec::process_handle, std::string> inputs_;
};

} // namespace mahavishnu::test
