// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A small, strict HTTP/1.1 server. Unaware of JSON, of paths and of who may ask.
namespace mahavishnu::net {

/// A request that is complete and well-formed.
struct http_request {
  std::string method;
  std::string target;
  std::string body;
  /// Names in lower case, in the order in which they came.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// An answer; Content-Length and the state of the connection are the server's business.
struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct http_options {
  /// A numeric address, or localhost.
  std::string host = "127.0.0.1";
  /// 0: a free one, which port() then names.
  std::uint16_t port = 0;
  /// Further ones are answered 503 and closed.
  std::size_t max_connections = 1024;
  std::size_t max_body_bytes = std::size_t{4} << 20;
  std::size_t max_header_bytes = std::size_t{16} << 10;
  /// For a request to arrive, an answer to be taken, and an unused connection to be used again.
  std::chrono::seconds request_timeout{30};
  /// For the handler to reply before the client gets 503; empty: the request timeout.
  std::optional<std::chrono::seconds> reply_timeout;
};

/// Handles a request, on the thread of the server: it must be quick. `reply` is called once, now or
/// later, from any thread; further calls, and those for which it is too late, do nothing.
using http_handler = std::function<void(http_request, std::function<void(http_response)> reply)>;

/// Listens on one address and gives requests to a handler; one thread serves all connections.
class http_server {
public:
  static result<std::unique_ptr<http_server>> start(http_options options, http_handler handler);

  /// Stops it.
  ~http_server();

  std::uint16_t port() const;

  /// Takes no more connections and requests, lets the running ones finish for up to two seconds,
  /// then closes them. Not to be called from the handler.
  void stop();

private:
  struct impl;
  explicit http_server(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::net
