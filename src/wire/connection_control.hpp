// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <mutex>

namespace mahavishnu::wire {

/// Ends a connection from any thread without keeping it alive: whoever holds this holds neither the
/// scribe nor its descriptor. The event loop sees the end of the file and does the rest.
class connection_control {
public:
  explicit connection_control(int fd) : fd_(fd) {}

  /// Ends the connection unless its handshake is complete; whether there was one to end.
  bool expire() {
    const std::lock_guard lock{mutex_};
    return !introduced_ && shut_down();
  }

  /// Ends the connection in any case.
  void cut() {
    const std::lock_guard lock{mutex_};
    shut_down();
  }

  /// The handshake is complete.
  void introduce() {
    const std::lock_guard lock{mutex_};
    introduced_ = true;
  }

  /// The descriptor is about to be closed; its number may mean another file afterwards.
  void release() {
    const std::lock_guard lock{mutex_};
    fd_ = -1;
  }

private:
  bool shut_down() {
    if (fd_ < 0)
      return false;
    ::shutdown(fd_, SHUT_RDWR);
    return true;
  }

  std::mutex mutex_;
  int fd_;
  bool introduced_ = false;
};

} // namespace mahavishnu::wire
