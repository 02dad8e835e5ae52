// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/head.hpp"

#include <string>
#include <vector>

namespace mahavishnu::mcp::server {

/// Which names of this server, and pages of which hosts, may be in a request: a page in a browser
/// can reach what listens on loopback, and say any name for it.
struct origin_rules {
  /// In lower case and without a port.
  std::vector<std::string> hosts{"localhost", "127.0.0.1", "[::1]"};

  /// False for a foreign one.
  bool allow(const head& headers) const;
};

} // namespace mahavishnu::mcp::server
