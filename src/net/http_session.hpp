// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Beast.

#include "net/http_head.hpp"
#include "net/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <memory>
#include <optional>
#include <unordered_set>

namespace mahavishnu::net {

class http_session;

/// What the sessions of a server share; used on its thread only.
struct http_core {
  http_core(http_options given, http_handler handle)
      : options(std::move(given)), handler(std::move(handle)) {}

  http_options options;
  http_handler handler;
  std::unordered_set<http_session*> sessions;
  bool stopping = false;
  /// Called when the last session ends while the server stops.
  std::function<void()> on_drained;
  /// Last: sessions that still wait in it take themselves out of the set when it goes.
  boost::asio::io_context context{1};
};

/// One connection: reads a request, has it handled, writes the answer, then the next. Pipelined
/// requests wait their turn. Something always waits in the context on behalf of a session, and that
/// is what keeps it alive.
class http_session : public std::enable_shared_from_this<http_session> {
public:
  http_session(const std::shared_ptr<http_core>& core, boost::asio::ip::tcp::socket socket);
  ~http_session();

  void start() { read_header(); }

  /// The server stops: closes the connection, at once unless a request is running on it.
  void drain();
  void close();

private:
  enum class phase {
    /// Waiting for a request, or in the middle of one.
    reading,
    /// The handler has the request; nothing is read and nothing is written.
    handling,
    /// The answer is on its way.
    writing,
    /// The last answer is written. What still comes is read and thrown away: closing with unread
    /// bytes would make the system throw away our answer.
    lingering,
  };

  using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using error_code = boost::beast::error_code;

  void read_header();
  void on_header(error_code failure);
  void invite_body();
  void read_body();
  void on_body(error_code failure);

  void handle();
  void on_reply(std::uint64_t request, http_response response);
  void on_reply_timeout(std::uint64_t request, error_code failure);

  /// Answers what could not be read as a request, and closes.
  void refuse(error_code failure);
  void refuse(unsigned status, std::string_view reason);
  void write(http_response response);
  void on_written(error_code failure);
  void linger();

  /// Not a shared pointer: a session that waits in the context must not keep that alive.
  http_core& core_;
  std::weak_ptr<http_core> weak_core_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer reply_timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<request_parser> parser_;
  phase phase_ = phase::reading;
  /// Number of the request that is being handled: what answers another one comes too late.
  std::uint64_t request_ = 0;
  answer_terms terms_;
  std::string head_;
  std::string body_;
  std::array<char, 4096> discarded_{};
};

} // namespace mahavishnu::net
