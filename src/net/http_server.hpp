// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_answer.hpp"
#include "net/http_message.hpp"

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// A small, strict HTTP/1.1 server. Unaware of JSON, of paths and of who may ask.
namespace mahavishnu::net {

struct http_options {
  /// A numeric address, or localhost.
  std::string host = "127.0.0.1";
  /// 0: a free one, which port() then names.
  std::uint16_t port = 0;
  /// Files in PEM: with both, connections are TLS (1.3 or 1.2). Whoever connects after they have
  /// changed gets what they have then; as long as that is no good, what they had.
  std::string tls_certificate;
  std::string tls_key;
  /// Further ones are answered 503 and closed; with TLS only closed.
  std::size_t max_connections = 1024;
  /// A larger body is answered 413.
  std::size_t max_body_bytes = std::size_t{4} << 20;
  /// The request line and the headers together; more is answered 431, or 414 when the request line
  /// alone is too much. So much is also kept of the next requests while one is handled.
  std::size_t max_header_bytes = std::size_t{16} << 10;
  /// Fields in the headers, and behind a chunked body; more is answered 431.
  std::size_t max_headers = 100;
  /// A longer target of a request is answered 414; within max_header_bytes.
  std::size_t max_url_bytes = std::size_t{8} << 10;
  /// What waits for the client of a stream; when more does, the next piece closes the connection.
  std::size_t max_stream_bytes = std::size_t{8} << 20;
  /// For a request to arrive, the first of a connection with the handshake of TLS, and for an
  /// answer to be taken (of a stream: for what is written at once). Then the connection is closed.
  std::chrono::seconds request_timeout{30};
  /// For an unused connection to be used again; empty: the request timeout.
  std::optional<std::chrono::seconds> idle_timeout;
  /// For the handler to reply or to begin a stream before the client gets 503; empty: the request
  /// timeout. Not for requests that take their time.
  std::optional<std::chrono::seconds> reply_timeout;
  /// Whether to find out which user is at the other end of a loopback connection.
  bool find_peer_user = false;
  /// Hears, on the server's thread, that a certificate has changed, or why it is not used.
  std::function<void(std::string_view text, bool is_trouble)> note;
};

/// Handles a request, on the thread of the server: it must be quick.
using http_handler = std::function<void(http_request, http_answer)>;

/// Listens on one address and gives requests to a handler; one thread serves all connections.
class http_server {
public:
  static result<std::unique_ptr<http_server>> start(http_options options, http_handler handler);

  /// Stops it.
  ~http_server();

  std::uint16_t port() const;
  /// Nobody on another machine can reach it.
  bool is_loopback() const;
  /// Open ones. Not to be called on its thread.
  std::size_t connections() const;

  /// Takes no more connections and requests, tells those that run (http_answer::on_stopping), lets
  /// them finish for up to two seconds, then closes them. Not to be called on its thread.
  void stop();

private:
  struct impl;
  explicit http_server(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::net
