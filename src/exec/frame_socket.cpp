// SPDX-License-Identifier: MIT
#include "exec/frame_socket.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace mahavishnu::exec {

namespace {

/// When a frame goes that is not urgent.
constexpr std::chrono::milliseconds soon{20};

/// Reads before others get their turn.
constexpr int reads_per_turn = 4;

} // namespace

frame_socket::frame_socket(event_loop& loop, unique_fd socket, callbacks calls)
    : loop_(loop),
      socket_(std::move(socket)),
      calls_(std::make_shared<callbacks>(std::move(calls))) {
  watch_ = loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t events) { ready(events); });
}

frame_socket::~frame_socket() {
  *alive_ = false;
  if (late_ && watch_ != 0)
    flush();
  loop_.cancel(late_);
  loop_.unwatch(watch_);
}

void frame_socket::send(std::string_view frame, urgency when) {
  out_ += frame;
  if (when == urgency::now)
    flush();
  else if (!late_)
    late_ = loop_.after(soon, [this] {
      late_ = {};
      flush();
    });
}

void frame_socket::flush() {
  loop_.cancel(late_);
  while (sent_ < out_.size()) {
    auto count = ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      break; // EAGAIN: later; an end is seen when it is read
    sent_ += static_cast<std::size_t>(count);
  }
  // Moved only when it pays, so that a slow reader does not cost the square of what waits.
  if (sent_ == out_.size() || sent_ > out_.size() / 2)
    out_.erase(0, std::exchange(sent_, 0));
  watch_for_room();
}

void frame_socket::watch_for_room() {
  if (std::exchange(watches_for_room_, waiting() > 0) == watches_for_room_)
    return;
  loop_.change(watch_, watches_for_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void frame_socket::ready(std::uint32_t events) {
  // One of them may destroy us.
  auto alive = alive_;
  auto calls = calls_;
  if (events & EPOLLOUT)
    flush();
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
    return;
  bool open = read();
  while (auto frame = frames_.next()) {
    calls->frame(*frame);
    if (!*alive)
      return;
  }
  if (open && !frames_.is_broken())
    return;
  loop_.unwatch(watch_);
  loop_.cancel(late_);
  calls->closed();
}

/// Takes some of what has come. False at the end.
bool frame_socket::read() {
  std::array<char, 64 * 1024> buffer;
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    auto count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 && errno == EAGAIN;
    frames_.add({buffer.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < buffer.size())
      break;
  }
  return true;
}

} // namespace mahavishnu::exec
