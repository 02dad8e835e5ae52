// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_message.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::net {

struct http_core;
class http_session;

/// A piece for a stream on which nothing else has happened for a while.
struct stream_pulse {
  std::chrono::milliseconds every{0};
  std::string piece;
};

/// What the handles of an answer have said since the session looked last.
struct answer_news {
  std::optional<http_response> head;
  /// The head begins a stream; otherwise it is the whole answer.
  bool is_stream = false;
  std::vector<std::string> pieces;
  bool has_ended = false;
  bool takes_time = false;
  std::optional<stream_pulse> pulse;
  std::optional<std::chrono::steady_clock::time_point> stop_at;
};

/// Between the handles of one answer, on any thread, and the session that writes it. The handles
/// leave here what they say, and the first to do so wakes the session, which takes all of it.
class answer_channel : public std::enable_shared_from_this<answer_channel> {
public:
  using callback = std::function<void()>;

  /// The session looks once without being woken, when the handler has returned.
  answer_channel(std::weak_ptr<http_core> core, std::weak_ptr<http_session> session,
                 std::size_t max_waiting)
      : core_(std::move(core)), session_(std::move(session)), max_waiting_(max_waiting) {}

  // For the handles.
  void reply(http_response response) { open(std::move(response), false); }
  void begin(http_response head) { open(std::move(head), true); }
  void send(std::string piece);
  void end();
  std::size_t waiting() const;
  std::size_t most_waiting() const { return max_waiting_; }
  bool is_over() const;
  void on_gone(callback call) { set(on_gone_, is_gone_, std::move(call)); }
  void on_stopping(callback call) { set(on_stopping_, is_stopping_, std::move(call)); }
  void stop_at(std::chrono::steady_clock::time_point when);
  void keep_alive(stream_pulse pulse);
  void take_time();
  void run_soon(callback task);

  // For the session, on its thread.
  /// From here on it is woken again.
  answer_news take();
  bool is_over_limit() const;
  void set_in_flight(std::size_t bytes);
  /// The client is gone; an answer may still be written.
  void tell_gone() { tell(on_gone_, is_gone_); }
  void tell_stopping() { tell(on_stopping_, is_stopping_); }
  /// All of the answer is written: nobody is told anything any more.
  void complete() { forget(true); }
  /// The answer is not wanted any more.
  void close();

private:
  using locked = std::unique_lock<std::mutex>;

  void open(http_response head, bool is_stream);
  void wake(locked lock);
  void wake_anyway(locked lock);
  void set(callback& place, const bool& has_happened, callback call);
  void tell(callback& place, bool& has_happened);
  void forget(bool is_complete);

  const std::weak_ptr<http_core> core_;
  const std::weak_ptr<http_session> session_;
  const std::size_t max_waiting_;

  mutable std::mutex mutex_;
  answer_news news_;
  std::size_t given_bytes_ = 0;
  std::size_t in_flight_bytes_ = 0;
  bool has_begun_ = false;
  bool has_ended_ = false;
  bool is_over_limit_ = false;
  /// The session is going to look.
  bool is_awake_ = true;
  bool is_gone_ = false;
  bool is_stopping_ = false;
  /// Complete or not wanted: what is said now comes too late.
  bool is_closed_ = false;
  bool is_complete_ = false;
  callback on_gone_;
  callback on_stopping_;
};

} // namespace mahavishnu::net
