// SPDX-License-Identifier: MIT
#include "cli/interrupts.hpp"

#include <pthread.h>

#include <utility>

namespace mahavishnu::cli {

namespace {

/// Nobody sends us this one; it wakes the thread that waits for the others.
constexpr int wake_up = SIGUSR1;

} // namespace

interrupts::interrupts() {
  sigemptyset(&held_);
  for (int each : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(each, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
      sigaddset(&held_, each);
  }
  auto all = held_;
  sigaddset(&all, wake_up);
  pthread_sigmask(SIG_BLOCK, &all, &before_);
}

interrupts::~interrupts() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

on_interrupt::on_interrupt(interrupts& signals, std::function<void()> action,
                           std::function<void()> last_words)
    : waiting_([&signals, action = std::move(action), last_words = std::move(last_words)] {
        sigset_t only_wake_up;
        sigemptyset(&only_wake_up);
        sigaddset(&only_wake_up, wake_up);
        auto all = signals.held_;
        sigaddset(&all, wake_up);
        int which = wake_up;
        if (sigwait(&all, &which) != 0 || which == wake_up)
          return;
        signals.came_ = true;
        if (last_words) {
          action();
          if (sigwait(&all, &which) != 0 || which == wake_up)
            return;
          last_words();
          raise(which); // as soon as it is unblocked
        }
        pthread_sigmask(SIG_UNBLOCK, &signals.held_, nullptr);
        if (!last_words)
          action();
        sigwait(&only_wake_up, &which); // somebody has to be there for the second one
      }) {}

on_interrupt::~on_interrupt() {
  pthread_kill(waiting_.native_handle(), wake_up);
  waiting_.join();
}

} // namespace mahavishnu::cli
