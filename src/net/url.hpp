// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mahavishnu::net {

/// Where a request goes: what an HTTP client needs of a URL, and no more.
struct url {
  bool secure = false;
  /// In lower case; an IPv6 address without its brackets.
  std::string host;
  std::uint16_t port = 80;
  /// Path and query, as the request line has them.
  std::string target = "/";

  /// `https://host:port`: requests with the same one may share a connection.
  std::string origin() const;
  /// What the Host header says: the port only where it is not the usual one.
  std::string authority() const;
  /// For error texts: without the query, which may hold a secret.
  std::string shown() const;

  friend bool operator==(const url&, const url&) = default;
};

/// Reads `http://` and `https://` URLs. A user name or a password in it is refused, and not
/// repeated in the error: they would end up in logs and in lists of processes.
result<url> parse_url(std::string_view text);

/// Where a Location header leads that came in an answer from `base`.
result<url> follow(const url& base, std::string_view location);

} // namespace mahavishnu::net
