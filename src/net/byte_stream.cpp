// SPDX-License-Identifier: MIT
#include "net/byte_stream.hpp"

#include <boost/asio/error.hpp>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mahavishnu::net {

namespace asio = boost::asio;

namespace {

/// What one record of TLS carries.
constexpr std::size_t most_of_record = 16384;

/// The next record's worth of the pieces, in one piece. Always the same for the same pieces, as
/// OpenSSL wants it of a write that is tried again.
asio::const_buffer next_record(std::span<const asio::const_buffer> pieces) {
  if (pieces.size() == 1 || pieces.front().size() >= most_of_record)
    return asio::buffer(pieces.front(), most_of_record);
  thread_local std::array<char, most_of_record> joined;
  std::size_t size = 0;
  for (const auto& piece : pieces) {
    auto count = std::min(piece.size(), joined.size() - size);
    std::memcpy(joined.data() + size, piece.data(), count);
    size += count;
  }
  return {joined.data(), size};
}

} // namespace

bool byte_stream::meets_plain_text() {
  char first = 0;
  if (::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
    return false;
  has_begun_ = true;
  if (first < 'A' || first > 'Z') // a method begins like this, and no record
    return false;
  tls_.reset();
  return true;
}

std::size_t byte_stream::read_within_tls(asio::mutable_buffer room, error_code& failure) {
  ERR_clear_error();
  std::size_t count = 0;
  auto outcome = SSL_read_ex(tls_.get(), room.data(), room.size(), &count);
  failure = outcome == 1 ? error_code{} : explain(outcome);
  read_wants_to_write_ = outcome != 1 && SSL_want_write(tls_.get());
  return count;
}

std::size_t byte_stream::write_within_tls(std::span<const asio::const_buffer> pieces,
                                          error_code& failure) {
  ERR_clear_error();
  auto record = next_record(pieces);
  std::size_t count = 0;
  auto outcome = SSL_write_ex(tls_.get(), record.data(), record.size(), &count);
  failure = outcome == 1 ? error_code{} : explain(outcome);
  // Only a new handshake would have to read first, and there is none.
  if (outcome != 1 && SSL_want_read(tls_.get()))
    failure = broken_tls();
  return count;
}

bool byte_stream::say_farewell() {
  if (!tls_ || has_failed_ || !SSL_is_init_finished(tls_.get()))
    return true;
  ERR_clear_error();
  auto outcome = SSL_shutdown(tls_.get());
  return outcome >= 0 || SSL_get_error(tls_.get(), outcome) != SSL_ERROR_WANT_WRITE;
}

byte_stream::error_code byte_stream::explain(int outcome) {
  auto code = errno;
  switch (SSL_get_error(tls_.get(), outcome)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return asio::error::would_block;
  case SSL_ERROR_ZERO_RETURN: return asio::error::eof;
  case SSL_ERROR_SYSCALL:
    has_failed_ = true;
    return code == 0 ? error_code{asio::error::eof}
                     : error_code{code, boost::system::system_category()};
  default: has_failed_ = true; return broken_tls();
  }
}

} // namespace mahavishnu::net
