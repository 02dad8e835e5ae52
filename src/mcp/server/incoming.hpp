// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/refusal.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mahavishnu::mcp::server {

/// One JSON-RPC message of a client. Nothing in it is to be trusted.
struct incoming {
  enum class kind { request, notification, response };
  kind what = kind::request;
  /// A string or a whole number; null in a notification.
  json id;
  std::string method;
  /// An object; of a response, the whole message.
  json params;

  /// The member `_meta` of the parameters; an empty object when there is none.
  const json& meta() const;
};

/// The same as a refused one that could be read so far.
struct unreadable {
  refusal why;
  json id;
};

/// Several messages that came as one array; at least one.
using incoming_batch = std::vector<std::variant<incoming, unreadable>>;

std::variant<incoming, incoming_batch, unreadable> read_incoming(std::string_view body);

} // namespace mahavishnu::mcp::server
