// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fields.hpp"
#include "mahavishnu/messages/fwd.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace mahavishnu {

/// Where is the MCP endpoint, and is it open; answered by `mcp_status`.
struct get_mcp_status {
  friend bool operator==(const get_mcp_status&, const get_mcp_status&) = default;
  static constexpr auto fields() { return std::tuple{}; }
};

/// The endpoint for MCP clients, on the HTTP port of a server.
struct mcp_status {
  bool running = false;
  /// Empty while it is closed.
  std::string url;
  std::string host;
  /// Closed: the one that it had.
  std::int32_t port = 0;
  std::string path;
  /// Since it was opened.
  std::chrono::nanoseconds uptime{0};
  std::int64_t connections = 0;
  /// Since it was opened.
  std::int64_t requests = 0;

  friend bool operator==(const mcp_status&, const mcp_status&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"running", &mcp_status::running},
                      field{"url", &mcp_status::url},
                      field{"host", &mcp_status::host},
                      field{"port", &mcp_status::port},
                      field{"path", &mcp_status::path},
                      field{"uptime", &mcp_status::uptime},
                      field{"connections", &mcp_status::connections},
                      field{"requests", &mcp_status::requests}};
  }
};

enum class mcp_change : std::uint8_t { start, stop, restart };

template <>
struct enum_names<mcp_change> {
  static constexpr std::array<std::string_view, 3> values{"start", "stop", "restart"};
};

/// Open or close the port; answered by `mcp_status`, as it is afterwards. What is as it should be
/// already is left alone.
struct change_mcp {
  mcp_change change = mcp_change::start;
  /// Where to listen from now on; empty: as it was.
  std::string host;
  /// 0: any free one; -1: as it was.
  std::int32_t port = -1;

  friend bool operator==(const change_mcp&, const change_mcp&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"change", &change_mcp::change}, field{"host", &change_mcp::host},
                      field{"port", &change_mcp::port}};
  }
};

} // namespace mahavishnu
