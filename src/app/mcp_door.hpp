// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <filesystem>
#include <memory>

namespace mahavishnu {

class core;
namespace mcp::server {
class audit_log;
class endpoint;
class gate;
} // namespace mcp::server

struct mcp_surroundings {
  /// Where the key is kept that signs the ids of tasks.
  std::filesystem::path directory;
  std::shared_ptr<mcp::server::gate> entrance;
  /// May be missing.
  std::shared_ptr<mcp::server::audit_log> audit;
};

/// What a server has for MCP clients. It has to go before the core, and is used on the HTTP thread
/// only.
std::unique_ptr<mcp::server::endpoint> make_mcp_endpoint(const config::settings& settings,
                                                         core& inside, mcp_surroundings around);

} // namespace mahavishnu
