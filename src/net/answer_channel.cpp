// SPDX-License-Identifier: MIT
#include "net/answer_channel.hpp"

#include "net/http_core.hpp"
#include "net/http_session.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace mahavishnu::net {

namespace {

/// What a callback throws is its own loss: the session that calls it has more to do.
void call_quietly(const answer_channel::callback& call) {
  try {
    if (call)
      call();
  } catch (...) {
  }
}

} // namespace

void answer_channel::open(http_response head, bool is_stream) {
  locked lock{mutex_};
  if (has_begun_ || is_closed_)
    return;
  has_begun_ = true;
  has_ended_ = !is_stream;
  given_bytes_ = head.body.size();
  news_.head = std::move(head);
  news_.is_stream = is_stream;
  wake(std::move(lock));
}

void answer_channel::send(std::string piece) {
  locked lock{mutex_};
  if (!has_begun_ || has_ended_ || is_closed_ || piece.empty())
    return;
  // What waits is compared, without the piece: one that is large is no sign of a slow client.
  if (given_bytes_ + in_flight_bytes_ > max_waiting_) {
    is_over_limit_ = true;
    has_ended_ = true;
    news_.pieces = {};
    return wake_anyway(std::move(lock));
  }
  given_bytes_ += piece.size();
  news_.pieces.push_back(std::move(piece));
  wake(std::move(lock));
}

void answer_channel::end() {
  locked lock{mutex_};
  if (!has_begun_ || has_ended_ || is_closed_)
    return;
  has_ended_ = true;
  news_.has_ended = true;
  wake(std::move(lock));
}

std::size_t answer_channel::waiting() const {
  std::lock_guard guard{mutex_};
  return given_bytes_ + in_flight_bytes_;
}

bool answer_channel::is_over() const {
  std::lock_guard guard{mutex_};
  return has_begun_ || is_closed_ || is_gone_;
}

void answer_channel::stop_at(std::chrono::steady_clock::time_point when) {
  locked lock{mutex_};
  if (is_closed_)
    return;
  news_.stop_at = when;
  wake(std::move(lock));
}

void answer_channel::keep_alive(stream_pulse pulse) {
  locked lock{mutex_};
  if (is_closed_)
    return;
  news_.pulse = std::move(pulse);
  wake(std::move(lock));
}

void answer_channel::take_time() {
  locked lock{mutex_};
  if (is_closed_)
    return;
  news_.takes_time = true;
  wake(std::move(lock));
}

void answer_channel::run_soon(callback task) {
  std::function<void()> quiet = [task = std::move(task)] { call_quietly(task); };
  if (auto core = core_.lock())
    core->post(quiet);
}

void answer_channel::wake(locked lock) {
  if (!is_awake_)
    wake_anyway(std::move(lock));
}

void answer_channel::wake_anyway(locked lock) {
  is_awake_ = true;
  lock.unlock();
  // The session belongs to the server's thread: only the attempt to reach it is made here.
  if (auto core = core_.lock())
    boost::asio::post(core->context, [self = shared_from_this()] {
      if (auto session = self->session_.lock())
        session->look(*self);
    });
}

void answer_channel::set(callback& place, const bool& has_happened, callback call) {
  {
    std::lock_guard guard{mutex_};
    if (is_complete_)
      return;
    if (!has_happened) {
      // Kept only as long as it may be called: it may well hold a handle of this channel. What it
      // replaces is destroyed outside of the lock.
      if (!is_closed_)
        place.swap(call);
      return;
    }
  }
  auto core = core_.lock();
  if (!core || core->is_own_thread())
    return call_quietly(call);
  core->run_soon([call = std::move(call)] { call_quietly(call); });
}

void answer_channel::tell(callback& place, bool& has_happened) {
  callback call;
  {
    std::lock_guard guard{mutex_};
    if (is_closed_ || std::exchange(has_happened, true))
      return;
    call.swap(place);
  }
  call_quietly(call);
}

answer_news answer_channel::take() {
  std::lock_guard guard{mutex_};
  is_awake_ = false;
  in_flight_bytes_ += std::exchange(given_bytes_, 0);
  return std::exchange(news_, {});
}

bool answer_channel::is_over_limit() const {
  std::lock_guard guard{mutex_};
  return is_over_limit_;
}

void answer_channel::set_in_flight(std::size_t bytes) {
  std::lock_guard guard{mutex_};
  in_flight_bytes_ = bytes;
}

void answer_channel::close() {
  tell_gone();
  forget(false);
}

void answer_channel::forget(bool is_complete) {
  // Destroyed outside of the lock, since they may hold the last handle of something.
  callback gone;
  callback stopping;
  answer_news news;
  std::lock_guard guard{mutex_};
  is_closed_ = true;
  is_complete_ = is_complete;
  given_bytes_ = 0;
  in_flight_bytes_ = 0;
  gone.swap(on_gone_);
  stopping.swap(on_stopping_);
  std::swap(news, news_);
}

} // namespace mahavishnu::net
