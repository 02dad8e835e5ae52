// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace mahavishnu {

/// Calls `bite` when it is not destroyed within the limit. CAF is known to hang in two ways when an
/// actor system ends; a server that was told to end must end.
class watchdog {
public:
  watchdog(std::chrono::milliseconds limit, std::function<void()> bite);
  ~watchdog();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool safe_ = false;
  std::thread thread_;
};

} // namespace mahavishnu
