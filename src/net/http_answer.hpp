// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_message.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace mahavishnu::net {

class answer_channel;

/// Answers one request, whole or as a stream of pieces; from any thread, now or later. Copies
/// answer the same request. What comes too late does nothing, nor does an empty one. A call from
/// the handler itself costs no detour: the answer is on its way as soon as the handler returns.
class http_answer {
public:
  http_answer() = default;
  explicit http_answer(std::shared_ptr<answer_channel> channel) : channel_(std::move(channel)) {}

  friend bool operator==(const http_answer&, const http_answer&) = default;

  /// Only the first reply() or begin() counts.
  void reply(http_response response) const;

  /// Begins a stream whose first piece is the body of `head`. Its end is told by chunks, and to a
  /// client of HTTP/1.0 by closing. HEAD, and a status without content, is answered by the headers
  /// and is complete with them.
  void begin(http_response head) const;
  /// Pieces that come together are written together, in their order.
  void send(std::string piece) const;
  void end() const;

  /// Bytes that were given and that the socket has not taken yet. A piece that finds more than
  /// `http_options::max_stream_bytes` of them closes the connection.
  std::size_t waiting() const;
  /// That limit.
  std::size_t most_waiting() const;

  /// Called once when the client has gone before the answer is complete: it has closed or reset its
  /// connection, does not take what is sent, was answered 503 since its time was over, or was cut
  /// because the server stops. Called on the server's thread; at once when it has happened already;
  /// never when the answer is complete. The last one that was set is kept.
  ///
  /// A client that only says that it will send nothing more (half-closes, like `nc -N`) counts as
  /// gone, since it cannot be told from one that has closed; an answer that comes nevertheless is
  /// written to it.
  ///
  /// While more than `max_header_bytes` of the next requests of the client wait, only a reset is
  /// noticed.
  void on_gone(std::function<void()> callback) const;

  /// Called once, in the same way, when the server begins to stop while this answer is not
  /// complete: a stream has two seconds to send its last piece and to end.
  void on_stopping(std::function<void()> callback) const;

  /// The same happens at that moment, whether the server stops or not.
  void stop_at(std::chrono::steady_clock::time_point when) const;

  /// While the stream is open and nothing else has been written for that long, this piece is.
  void keep_alive(std::chrono::milliseconds every, std::string piece) const;

  /// Nobody waits for it any more, or it has been given.
  bool is_over() const;

  /// The limit on the time to reply is not for this request.
  void take_time() const;

  /// Runs a task on the thread of the server, soon, and not at all when that has ended.
  void run_soon(std::function<void()> task) const;

private:
  std::shared_ptr<answer_channel> channel_;
};

} // namespace mahavishnu::net
