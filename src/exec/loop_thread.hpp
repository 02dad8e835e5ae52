// SPDX-License-Identifier: MIT
#pragma once

#include "exec/event_loop.hpp"

#include <pthread.h>

#include <csignal>
#include <string>
#include <system_error>
#include <thread>

namespace mahavishnu::exec {

/// Blocks all signals for the calling thread while it lives: a thread that is started meanwhile
/// inherits that. So the handlers of the program run elsewhere, and SIGPIPE harms nobody.
class blocked_signals {
public:
  blocked_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  blocked_signals(const blocked_signals&) = delete;
  ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_;
};

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
