// SPDX-License-Identifier: MIT
#include "mcp/server/refusal.hpp"

namespace mahavishnu::mcp::server {

std::string error_text(const json& id, const refusal& why) {
  json error{{"code", why.code}, {"message", why.text}};
  if (!why.data.is_null())
    error["data"] = why.data;
  return to_text(json{{"jsonrpc", "2.0"}, {"id", id}, {"error", std::move(error)}});
}

} // namespace mahavishnu::mcp::server
