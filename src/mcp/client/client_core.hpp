// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/client.hpp"
#include "mcp/client/session.hpp"
#include "mcp/protocol/header_value.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace mahavishnu::mcp {

class call;

/// What the calls of a client share; used on the thread of the HTTP client only. Requests that
/// still run keep it alive.
struct client_core : std::enable_shared_from_this<client_core> {
  client_core(net::http_client& given, client_options chosen, std::string shown)
      : http(given), options(std::move(chosen)), shown_url(std::move(shown)) {}

  /// A request to the server, with what all of them have. Without deadlines: calls have their own.
  net::client_request make_request(std::string method, net::http_headers headers) const;
  net::client_request make_post(outgoing message) const;
  /// Sends what has no answer that matters.
  void tell(outgoing message);
  call_label label(std::string what) const { return {std::move(what), shown_url}; }

  net::http_client& http;
  const client_options options;
  /// For error texts.
  const std::string shown_url;
  std::int64_t next_id = 1;
  session agreement{*this};
  std::unordered_map<call_number, std::shared_ptr<call>> calls;
  /// Of tools that were listed: which arguments modern requests repeat in headers.
  std::map<std::string, std::vector<mirrored_argument>, std::less<>> mirrored;
  bool is_closing = false;
};

} // namespace mahavishnu::mcp
