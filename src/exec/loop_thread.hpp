// SPDX-License-Identifier: MIT
#pragma once

#include "exec/blocked_signals.hpp"
#include "exec/event_loop.hpp"

#include <string>
#include <system_error>
#include <thread>

namespace mahavishnu::exec {

/// A thread that runs a loop; to be joined after the loop has been told to stop.
class loop_thread {
public:
  loop_thread() = default;

  result<void> start(event_loop& loop) {
    try {
      blocked_signals guard;
      thread_ = std::thread([&loop] { loop.run(); });
      return {};
    } catch (const std::system_error& failure) {
      return error{errc::process_failed, std::string("cannot start a thread to watch processes: ") +
                                             failure.what() + "; raise the limit (ulimit -u)"};
    }
  }
  bool runs() const { return thread_.joinable(); }
  void join() { thread_.join(); }

private:
  std::thread thread_;
};

} // namespace mahavishnu::exec
