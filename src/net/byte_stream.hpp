// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio and OpenSSL.

#include "net/server_tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <span>

namespace mahavishnu::net {

/// The bytes of an accepted connection, as they are or within TLS. Nothing here waits: what the
/// socket is not ready for fails with would_block. The handshake is a part of the first reads.
class byte_stream {
public:
  using error_code = boost::system::error_code;
  using tcp = boost::asio::ip::tcp;

  byte_stream(tcp::socket socket, tls_session tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  /// What a read or a write fails with when the other side does not keep to TLS.
  static error_code broken_tls() { return boost::asio::error::no_protocol_option; }

  tcp::socket& socket() { return socket_; }

  std::size_t read_some(boost::asio::mutable_buffer room, error_code& failure) {
    return tls_ ? read_within_tls(room, failure) : socket_.read_some(room, failure);
  }
  /// After a read that would block: what for.
  tcp::socket::wait_type read_waits_for() const {
    return read_wants_to_write_ ? tcp::socket::wait_write : tcp::socket::wait_read;
  }
  /// The next read has something without the socket.
  bool holds_input() const { return tls_ && SSL_pending(tls_.get()) > 0; }

  /// What would block must come again, with more behind it or not.
  std::size_t write_some(std::span<const boost::asio::const_buffer> pieces, error_code& failure) {
    return tls_ ? write_within_tls(pieces, failure) : socket_.write_some(pieces, failure);
  }

  /// A client that knows nothing of TLS and has begun with HTTP gets on with it.
  bool falls_back() { return tls_ && !has_begun_ && meets_plain_text(); }

  /// Says that nothing more comes, so that the end is no accident; false when it would block.
  bool say_farewell();

private:
  std::size_t read_within_tls(boost::asio::mutable_buffer room, error_code& failure);
  std::size_t write_within_tls(std::span<const boost::asio::const_buffer> pieces,
                               error_code& failure);
  bool meets_plain_text();
  error_code explain(int outcome);

  tcp::socket socket_;
  tls_session tls_;
  bool has_begun_ = false;
  bool read_wants_to_write_ = false;
  /// OpenSSL wants to hear no more of it.
  bool has_failed_ = false;
};

} // namespace mahavishnu::net
