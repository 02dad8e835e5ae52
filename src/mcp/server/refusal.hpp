// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"
#include "mcp/protocol/versions.hpp"

#include <string>

namespace mahavishnu::mcp::server {

/// Why a request gets no result, as JSON-RPC and as HTTP say it.
struct refusal {
  unsigned status = 400;
  int code = code::invalid_request;
  std::string text;
  /// Null: none.
  json data{};
};

json error_value(const refusal& why);

/// The error message as text; it has no id where this one is null, since none can be trusted.
std::string error_text(const json& id, const refusal& why);

} // namespace mahavishnu::mcp::server
