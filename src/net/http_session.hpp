// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Beast.

#include "net/answer_channel.hpp"
#include "net/byte_stream.hpp"
#include "net/http_core.hpp"
#include "net/out_queue.hpp"
#include "net/request_reader.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::net {

/// One connection: reads a request, has it handled, writes the answer, then the next. Pipelined
/// requests wait their turn. It reads on while a request is handled, to notice that the client
/// goes. Waiting is for the socket to be ready, never for a certain read or write to end: so an
/// unused connection holds no buffer, and what can be done at once is. The core keeps it until it
/// is closed.
class http_session : public std::enable_shared_from_this<http_session> {
public:
  http_session(const std::shared_ptr<http_core>& core, boost::asio::ip::tcp::socket socket);

  void start();
  /// The handles of an answer have said something.
  void look(const answer_channel& channel);
  /// The server stops: closes the connection, at once unless a request is running on it.
  void drain();
  void close();

private:
  enum class phase {
    /// Waiting for a request, or in the middle of one.
    reading,
    /// The handler has the request, and no answer has begun.
    handling,
    /// A part of the answer is written, and more may come.
    streaming,
    /// The rest of the answer is on its way.
    writing,
    /// The last answer is written. What still comes is read and thrown away: closing with unread
    /// bytes would make the system throw away our answer.
    lingering,
    closed,
  };

  using error_code = boost::system::error_code;
  using clock = std::chrono::steady_clock;
  static constexpr auto never = clock::time_point::max();

  // http_session.cpp: requests come in
  void await_request(std::chrono::seconds within);
  bool has_room() const;
  void wait_to_read();
  /// While nothing is read.
  void wait_for_reset();
  void read();
  /// Reads and throws away.
  void skip();
  void on_end_of_input();
  void go_on();
  void handle();
  const http_peer& peer();

  // http_session_answer.cpp: answers go out
  /// Answers without the handler, and closes.
  void refuse(const refusal& reason);
  /// Takes what the handles have said, and writes.
  void advance();
  void take_news();
  void begin(http_response head, bool is_stream);
  void add_chunk(std::vector<std::string> pieces);
  void write();
  void wait_to_write();
  void on_written();
  void complete_answer();
  void hang_up();

  // The one timer of a connection waits for the next of three times. Putting one off does not touch
  // it: it fires early, and waits again.
  void set_time(clock::time_point& which, clock::time_point at);
  void arm(clock::time_point at);
  void on_timer();
  void on_deadline();
  void on_pulse();

  /// A handler for what has been waited for. What is thrown in it (no memory, say) ends this
  /// connection.
  auto step(void (http_session::*next)()) {
    return [self = shared_from_this(), next](error_code failure) {
      if (failure || self->phase_ == phase::closed)
        return;
      try {
        (*self.*next)();
      } catch (...) {
        self->close();
      }
    };
  }

  /// Not a shared pointer: a session that waits in the context must not keep that alive.
  http_core& core_;
  const std::weak_ptr<http_core> weak_core_;
  byte_stream stream_;
  std::optional<http_peer> peer_;
  phase phase_ = phase::reading;

  /// What has been read and not been understood yet.
  std::string buffer_;
  std::optional<request_reader> reader_;
  bool is_waiting_to_read_ = false;
  bool is_waiting_for_reset_ = false;
  /// The client has said that nothing more comes.
  bool has_read_all_ = false;
  bool is_going_on_ = false;
  bool has_invited_ = false;
  /// Nothing of the next request has come.
  bool is_idle_ = false;

  /// Of the request that is handled or streamed.
  std::shared_ptr<answer_channel> channel_;
  answer_terms terms_;
  bool takes_time_ = false;
  stream_pulse pulse_;
  out_queue out_;
  bool is_waiting_to_write_ = false;
  /// The socket did not take everything at once, and has a time for the rest.
  bool is_write_limited_ = false;

  boost::asio::steady_timer timer_;
  clock::time_point armed_ = never;
  clock::time_point deadline_ = never;
  clock::time_point next_pulse_ = never;
  /// When the answer is told to end.
  clock::time_point stop_at_ = never;
};

/// An answer of the server's own.
http_response plain_answer(unsigned status, std::string_view reason);

} // namespace mahavishnu::net
