// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::net {

/// Who is at the other end of a connection.
struct http_peer {
  std::string address;
  std::uint16_t port = 0;
  /// The connection does not leave this machine.
  bool is_loopback = false;
  /// The user whose process holds the other end, when that is known: of loopback connections only,
  /// and only where `http_options::find_peer_user` asks for it.
  std::optional<std::uint32_t> user;
};

/// A request that is complete and well-formed.
struct http_request {
  std::string method;
  std::string target;
  std::string body;
  /// Names in lower case, in the order in which they came.
  std::vector<std::pair<std::string, std::string>> headers;
  http_peer peer;
};

/// An answer; Content-Length and the state of the connection are the server's business.
struct http_response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

} // namespace mahavishnu::net
