// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/server.hpp"

#include <functional>

namespace mahavishnu {

/// Runs a server in this process until SIGINT, SIGTERM or a `shut_down` message ends it. To be
/// called from the main thread before it has started others, since it blocks these signals.
result<void> run_server(const config::settings& settings,
                        const std::function<void(const server_status&)>& on_ready);

} // namespace mahavishnu
