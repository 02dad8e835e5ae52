// SPDX-License-Identifier: MIT
#pragma once

#include "exec/epoll_set.hpp"
#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <tuple>
#include <unordered_map>

namespace mahavishnu::exec {

/// Descriptors, timers and work that other threads want done, on one thread. All but post() and
/// stop() belongs to the thread that is in run(), or to whoever has not called run() yet.
class event_loop {
public:
  using clock = std::chrono::steady_clock;
  using work = std::function<void()>;
  /// Is told what has happened to the descriptor (EPOLLIN and so on).
  using ready_callback = std::function<void(std::uint32_t events)>;

  /// Names a watched descriptor; 0 names none.
  using watch_id = std::uint64_t;

  /// Names a timer until it has gone off.
  struct timer {
    clock::time_point when;
    std::uint64_t number = 0;

    explicit operator bool() const { return number != 0; }
    friend bool operator<(const timer& a, const timer& b) {
      return std::tie(a.when, a.number) < std::tie(b.when, b.number);
    }
  };

  static result<std::unique_ptr<event_loop>> open();

  /// 0, with errno set, when the system refuses. A callback may end its own watch or any other.
  watch_id watch(int fd, std::uint32_t events, ready_callback ready);
  /// Other events of the same descriptor are of interest now.
  void change(watch_id which, std::uint32_t events);
  /// Always before the descriptor is closed. The name is taken away, and nothing happens to 0.
  void unwatch(watch_id& which);

  timer at(clock::time_point when, work what);
  timer after(clock::duration time, work what) { return at(clock::now() + time, std::move(what)); }
  /// The name is taken away; nothing happens to a timer that has gone off.
  void cancel(timer& which);

  /// Has something done on the loop's thread, in the order of the calls; from any thread.
  void post(work what);

  /// Serves until stop(). Work that was posted before the stop is still done.
  void run();
  void stop();

private:
  struct watched {
    int fd;
    std::shared_ptr<ready_callback> ready;
  };

  event_loop(epoll_set events, unique_fd wake_up);

  void handle_ready(const epoll_event& event);
  void handle_timers();
  void handle_posted();
  bool has_posted();
  int wait_time() const;

  epoll_set events_;
  unique_fd wake_up_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<watch_id, watched> watched_;
  std::map<timer, work> timers_;
  bool stopping_ = false;

  std::mutex mutex_;
  std::deque<work> posted_;
  /// Which serves; none before run().
  std::thread::id thread_;
};

} // namespace mahavishnu::exec
