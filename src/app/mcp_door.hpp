// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <memory>

namespace mahavishnu {

class core;
namespace mcp::server {
class endpoint;
}

/// The tools of a server. It has to go before the core, and is used on the HTTP thread only.
std::unique_ptr<mcp::server::endpoint> make_mcp_endpoint(const config::settings& settings,
                                                         core& inside);

} // namespace mahavishnu
