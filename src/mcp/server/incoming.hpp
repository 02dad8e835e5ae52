// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/refusal.hpp"

#include <string>
#include <string_view>
#include <variant>

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

std::variant<incoming, unreadable> read_incoming(std::string_view body);

} // namespace mahavishnu::mcp::server
