// SPDX-License-Identifier: MIT
#include "mcp/server/refusal.hpp"

namespace mahavishnu::mcp::server {

std::string error_text(const json& id, const refusal& why) {
  json error{{"code", why.code}, {"message", why.text}};
  if (!why.data.is_null())
    error["data"] = why.data;
  json message{{"jsonrpc", "2.0"}, {"error", std::move(error)}};
  if (!id.is_null())
    message["id"] = id;
  return to_text(message);
}

} // namespace mahavishnu::mcp::server
