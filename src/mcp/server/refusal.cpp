// SPDX-License-Identifier: MIT
#include "mcp/server/refusal.hpp"

namespace mahavishnu::mcp::server {

json error_value(const refusal& why) {
  json error{{"code", why.code}, {"message", why.text}};
  if (!why.data.is_null())
    error["data"] = why.data;
  return error;
}

std::string error_text(const json& id, const refusal& why) {
  json message{{"jsonrpc", "2.0"}, {"error", error_value(why)}};
  if (!id.is_null())
    message["id"] = id;
  return to_text(message);
}

} // namespace mahavishnu::mcp::server
