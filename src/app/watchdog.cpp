// SPDX-License-Identifier: MIT
#include "app/watchdog.hpp"

namespace mahavishnu {

watchdog::watchdog(std::chrono::milliseconds limit, std::function<void()> bite)
    : thread_([this, limit, bite = std::move(bite)] {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, limit, [this] { return safe_; }))
          bite();
      }) {}

watchdog::~watchdog() {
  {
    std::lock_guard lock{mutex_};
    safe_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

} // namespace mahavishnu
