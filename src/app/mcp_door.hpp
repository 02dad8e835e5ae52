// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <filesystem>
#include <memory>

namespace mahavishnu {

class core;
namespace mcp::server {
class endpoint;
}

/// What a server has for MCP clients. It has to go before the core, and is used on the HTTP thread
/// only. Keeps its key in the directory.
std::unique_ptr<mcp::server::endpoint> make_mcp_endpoint(const config::settings& settings,
                                                         core& inside,
                                                         const std::filesystem::path& directory);

} // namespace mahavishnu
