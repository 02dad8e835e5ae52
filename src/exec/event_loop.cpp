// SPDX-License-Identifier: MIT
#include "exec/event_loop.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <vector>

namespace mahavishnu::exec {

namespace {

constexpr event_loop::watch_id wake_up_number = 0;

/// Some work takes a while (starting a process): descriptors get their turn in between.
constexpr std::ptrdiff_t posted_per_turn = 16;

} // namespace

event_loop::event_loop(epoll_set events, unique_fd wake_up)
    : events_(std::move(events)), wake_up_(std::move(wake_up)) {}

result<std::unique_ptr<event_loop>> event_loop::open() {
  auto refused = [](const std::string& what) {
    return error{errc::process_failed, "cannot watch processes: " + what + ": " +
                                           std::generic_category().message(errno) +
                                           "; raise the limit on open files (ulimit -n)"};
  };
  auto events = epoll_set::open();
  if (!events)
    return refused("epoll_create1");
  unique_fd wake_up{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake_up)
    return refused("eventfd");
  if (!events->watch(wake_up.get(), EPOLLIN, wake_up_number))
    return refused("epoll_ctl");
  return std::unique_ptr<event_loop>{new event_loop(std::move(*events), std::move(wake_up))};
}

event_loop::watch_id event_loop::watch(int fd, std::uint32_t events, ready_callback ready) {
  auto number = ++last_number_;
  if (!events_.watch(fd, events, number))
    return 0;
  watched_.emplace(number, watched{fd, std::make_shared<ready_callback>(std::move(ready))});
  return number;
}

void event_loop::change(watch_id which, std::uint32_t events) {
  if (auto found = watched_.find(which); found != watched_.end())
    events_.change(found->second.fd, events, which);
}

void event_loop::unwatch(watch_id& which) {
  if (auto found = watched_.find(std::exchange(which, 0)); found != watched_.end()) {
    events_.unwatch(found->second.fd);
    watched_.erase(found);
  }
}

event_loop::timer event_loop::at(clock::time_point when, work what) {
  timer fresh{when, ++last_number_};
  timers_.emplace(fresh, std::move(what));
  return fresh;
}

void event_loop::cancel(timer& which) {
  timers_.erase(std::exchange(which, {}));
}

void event_loop::post(work what) {
  std::lock_guard guard{mutex_};
  posted_.push_back(std::move(what));
  // The loop looks before it waits, so it need not wake itself.
  if (posted_.size() == 1 && std::this_thread::get_id() != thread_)
    eventfd_write(wake_up_.get(), 1);
}

void event_loop::stop() {
  post([this] { stopping_ = true; });
}

void event_loop::run() {
  {
    std::lock_guard guard{mutex_};
    thread_ = std::this_thread::get_id();
  }
  while (!stopping_ || has_posted()) {
    for (const auto& event : events_.wait(has_posted() ? 0 : wait_time()))
      handle_ready(event);
    handle_posted();
    handle_timers();
  }
}

bool event_loop::has_posted() {
  std::lock_guard guard{mutex_};
  return !posted_.empty();
}

void event_loop::handle_ready(const epoll_event& event) {
  if (event.data.u64 == wake_up_number) {
    eventfd_t ignored = 0;
    eventfd_read(wake_up_.get(), &ignored);
    return;
  }
  // An earlier event of the same batch may have ended this watch.
  auto found = watched_.find(event.data.u64);
  if (found == watched_.end())
    return;
  auto ready = found->second.ready; // it may end its own watch
  (*ready)(event.events);
}

void event_loop::handle_timers() {
  auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first.when <= now) {
    auto first = timers_.extract(timers_.begin());
    first.mapped()();
  }
}

void event_loop::handle_posted() {
  std::vector<work> some;
  {
    std::lock_guard guard{mutex_};
    auto last = posted_.begin() + std::min<std::ptrdiff_t>(posted_per_turn, std::ssize(posted_));
    std::move(posted_.begin(), last, std::back_inserter(some));
    posted_.erase(posted_.begin(), last);
  }
  for (auto& what : some)
    what();
}

int event_loop::wait_time() const {
  if (timers_.empty())
    return -1;
  auto left = timers_.begin()->first.when - clock::now();
  auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, 60'000));
}

} // namespace mahavishnu::exec
