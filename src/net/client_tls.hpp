// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio and OpenSSL.

#include <boost/asio/ssl/context.hpp>
#include <mahavishnu/base/error.hpp>

#include <filesystem>
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

  /// The same one for all, until the file is another: who serves renews certificates.
  result<boost::asio::ssl::context*> get();

private:
  result<boost::asio::ssl::context> make() const;

  std::string ca_file_;
  std::filesystem::file_time_type changed_;
  std::optional<boost::asio::ssl::context> made_;
};

} // namespace mahavishnu::net
