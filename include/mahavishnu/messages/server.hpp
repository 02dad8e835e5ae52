// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fields.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace mahavishnu {

/// Where the MCP endpoint of a server is.
struct mcp_endpoint {
  /// Empty: it is closed.
  std::string url;

  friend bool operator==(const mcp_endpoint&, const mcp_endpoint&) = default;
  static constexpr auto fields() { return std::tuple{field{"url", &mcp_endpoint::url}}; }
};

/// Describe the server; answered by `server_status`.
struct get_status {
  friend bool operator==(const get_status&, const get_status&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct server_status {
  std::string server_name;
  std::int64_t pid = 0;
  std::string version;
  std::string state_dir;
  std::chrono::nanoseconds uptime{0};
  mcp_endpoint mcp;
  std::int32_t pools_active = 0;
  bool shutting_down = false;

  friend bool operator==(const server_status&, const server_status&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"server_name", &server_status::server_name},
                      field{"pid", &server_status::pid},
                      field{"version", &server_status::version},
                      field{"state_dir", &server_status::state_dir},
                      field{"uptime", &server_status::uptime},
                      field{"mcp", &server_status::mcp},
                      field{"pools_active", &server_status::pools_active},
                      field{"shutting_down", &server_status::shutting_down}};
  }
};

/// End the server; answered by `server_stopping` before it goes.
struct shut_down {
  friend bool operator==(const shut_down&, const shut_down&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

struct server_stopping {
  std::int64_t pid = 0;

  friend bool operator==(const server_stopping&, const server_stopping&) = default;
  static constexpr auto fields() { return std::tuple{field{"pid", &server_stopping::pid}}; }
};

} // namespace mahavishnu
