// SPDX-License-Identifier: MIT
#pragma once

#include "exec/unique_fd.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace mahavishnu::exec {

/// Descriptors to wait for, each with a number that its events carry.
class epoll_set {
public:
  /// None, with errno set, when the system refuses.
  static std::optional<epoll_set> open() {
    unique_fd fd{epoll_create1(EPOLL_CLOEXEC)};
    return fd ? std::optional<epoll_set>{epoll_set{std::move(fd)}} : std::nullopt;
  }

  /// False, with errno set, when the system refuses.
  bool watch(int fd, std::uint32_t events, std::uint64_t number) {
    return control(EPOLL_CTL_ADD, fd, events, number);
  }

  /// Other events of a watched descriptor.
  bool change(int fd, std::uint32_t events, std::uint64_t number) {
    return control(EPOLL_CTL_MOD, fd, events, number);
  }

  /// Always before the descriptor is closed: a child that is just being born still holds a copy,
  /// and the system would go on reporting a file that we can no longer name.
  void unwatch(int fd) {
    if (fd >= 0)
      epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }

  /// What has happened, after no more than the given milliseconds; -1: without a limit.
  std::span<const epoll_event> wait(int milliseconds) {
    auto count = epoll_wait(fd_.get(), events_.data(), events_.size(), milliseconds);
    return {events_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }

private:
  explicit epoll_set(unique_fd fd) : fd_(std::move(fd)) {}

  bool control(int operation, int fd, std::uint32_t events, std::uint64_t number) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    return epoll_ctl(fd_.get(), operation, fd, &event) == 0;
  }

  unique_fd fd_;
  std::array<epoll_event, 64> events_{};
};

} // namespace mahavishnu::exec
