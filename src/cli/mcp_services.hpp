// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

/// What the commands of the group `mcp` need from the composition root, which is above the command
/// line and has the definitions.
namespace mahavishnu::cli {

/// What a client on standard input needs to reach a server.
struct bridge_wish {
  /// Asked anew when the server is not there any more.
  std::function<result<std::string>()> find_url;
  /// Empty: none.
  std::string token;
  /// Certificates to trust in place of those of the system, in PEM; empty: those of the system.
  std::string ca_file;
  std::size_t max_message_bytes = 0;
};

/// Serves the client on standard input until that ends, or somebody stops it.
result<void> bridge_mcp(const bridge_wish& wish, std::stop_token stop);

/// What an MCP endpoint has said; a problem that is empty is none.
struct endpoint_health {
  std::string http_problem;
  std::string mcp_problem;
  std::chrono::milliseconds round_trip{0};
};

/// Asks an endpoint how it is. `ca_file` as above.
endpoint_health ask_endpoint(const std::string& url, const std::string& token,
                             const std::string& ca_file);

} // namespace mahavishnu::cli
