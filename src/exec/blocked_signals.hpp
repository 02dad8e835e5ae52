// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace mahavishnu::exec {

/// Blocks all signals for the calling thread while it lives. A thread that is started meanwhile
/// inherits that, so the handlers of the program run elsewhere, and SIGPIPE harms nobody. In a
/// child that shares our memory no handler of ours runs.
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

} // namespace mahavishnu::exec
