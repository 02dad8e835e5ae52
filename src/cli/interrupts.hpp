// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace mahavishnu::cli {

/// Keeps SIGINT, SIGTERM and SIGHUP back for a command that has to put something in order before it
/// ends. Made before the session, whose threads inherit that; what the parent has us ignore (nohup,
/// a background job) stays ignored.
class interrupts {
public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  bool came() const { return came_; }

private:
  friend class on_interrupt;
  sigset_t held_{};
  sigset_t before_{};
  std::atomic<bool> came_{false};
};

/// For as long as it lives: does this, in a thread of its own, when the first signal comes. A
/// second one ends the process as it would any other, after `last_words`.
class on_interrupt {
public:
  on_interrupt(interrupts& signals, std::function<void()> action,
               std::function<void()> last_words = {});
  ~on_interrupt();
  on_interrupt(const on_interrupt&) = delete;
  on_interrupt& operator=(const on_interrupt&) = delete;

private:
  std::thread waiting_;
};

} // namespace mahavishnu::cli
