// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio and OpenSSL.

#include <boost/asio/ssl/context.hpp>
#include <mahavishnu/base/error.hpp>

#include <optional>
#include <string>

namespace mahavishnu::net {

/// What the connections of a client that have TLS share. Made for the first of them: the
/// authorities of the system take a megabyte and several milliseconds, and most clients have
/// nothing but plain connections.
class client_tls {
public:
  /// `ca_file`: certificates of the authorities to trust, in PEM; empty: those of the system.
  explicit client_tls(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  /// The same one for all.
  result<boost::asio::ssl::context*> get();

private:
  std::string ca_file_;
  std::optional<boost::asio::ssl::context> made_;
};

} // namespace mahavishnu::net
