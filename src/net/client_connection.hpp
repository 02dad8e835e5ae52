// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio and OpenSSL.

#include "net/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::net {

/// A connection of a client to an origin, plain or with TLS. Each step calls its handler once,
/// later; close() makes a running one fail. Who waits for a step keeps the connection alive.
class client_connection : public std::enable_shared_from_this<client_connection> {
public:
  using error_code = boost::system::error_code;
  using handler = std::function<void(error_code)>;

  /// `max_buffer_bytes`: of what has been read and not been understood yet.
  client_connection(boost::asio::io_context& context, std::size_t max_buffer_bytes)
      : buffer_(max_buffer_bytes), socket_(context), resolver_(context) {}

  void resolve(const url& where, handler done);
  void connect(handler done);
  /// With the name of the host for the server, and verified against its certificate.
  void secure(boost::asio::ssl::context& context, const url& where, handler done);
  void write(const std::string& head, const std::string& body, handler done);

  /// Gives the plain or the encrypted stream to `use`, which starts one operation on it.
  template <class Use>
  void with_stream(Use use) {
    tls_ ? use(*tls_) : use(socket_);
  }
  boost::beast::flat_buffer& buffer() { return buffer_; }

  /// What verifying the certificate has found wrong; empty when nothing.
  std::string verification_failure() const;

  /// Whether nothing has come since the last answer: neither bytes nor the end.
  bool is_quiet();
  void close();

  /// It has served a request before: the server may be closing it just now.
  bool is_kept = false;
  /// Until when it may be used again.
  std::chrono::steady_clock::time_point keep_until;

private:
  boost::beast::flat_buffer buffer_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::resolver::results_type endpoints_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

} // namespace mahavishnu::net
