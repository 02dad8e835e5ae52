// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/era.hpp"
#include "net/http_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// What the client sends, in words: no connections here.
namespace mahavishnu::mcp {

/// Who the client says it is.
struct client_name {
  std::string name = "mahavishnu";
  std::string version = "0";
};

/// What a request asks, in both eras.
struct question {
  std::string method;
  json parameters = json::object();
  /// For the headers that say what the body says: the name of the tool. Empty: none.
  std::string name;
  /// Further headers of modern requests: arguments that are mirrored.
  net::http_headers modern_headers;
  bool wants_progress = false;
  bool wants_logs = false;
};

/// Body and headers of a POST.
struct outgoing {
  net::http_headers headers;
  std::string body;
};

outgoing build_request(const question& asked, std::int64_t id, const terms& agreed,
                       const client_name& who);

/// The parameters of the legacy handshake, with the best version that we speak.
json handshake_parameters(const client_name& who);

outgoing build_notification(std::string_view method, json parameters, const terms& agreed);

/// The answer to a request of the server: an empty result to `ping`, a polite no to all others.
outgoing build_reply(const message& request, const terms& agreed);

/// Headers of a GET or DELETE within a legacy session.
net::http_headers session_headers(const terms& agreed);

} // namespace mahavishnu::mcp
