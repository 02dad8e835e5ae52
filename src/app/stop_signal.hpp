// SPDX-License-Identifier: MIT
#pragma once

namespace mahavishnu {

/// Turns SIGINT, SIGTERM, SIGHUP and our own `raise()` into something to wait for.
class stop_signal {
public:
  /// Blocks the signals in this thread and in those it starts from now on.
  stop_signal();
  ~stop_signal();

  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// From any thread.
  void raise();

  /// Returns when somebody has asked for the end; says who in words.
  const char* wait();

private:
  int signals_ = -1;
  int raised_ = -1;
};

} // namespace mahavishnu
