// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_server.hpp"

#include <string>

namespace mahavishnu {

/// What the HTTP side knows of the server.
struct http_facts {
  std::string server_name;
  std::string mcp_path;
  bool ready = false;
  double uptime_seconds = 0;
};

/// The target of a request without its query.
std::string path_of(const net::http_request& request);

/// The answers of `/livez`, `/readyz`, `/health` and `/version`, and for everything else an error
/// that says what there is.
net::http_response route(const net::http_request& request, const http_facts& facts);

} // namespace mahavishnu
