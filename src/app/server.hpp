// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/server.hpp"

#include <functional>

namespace mahavishnu {

/// Called once a server can be reached; `end` ends it.
using server_ready_callback =
    std::function<void(const server_status&, const std::function<void()>& end)>;

/// Runs a server in this process until SIGINT, SIGTERM or a `shut_down` message ends it. To be
/// called from the main thread before it has started others, since it blocks these signals.
result<void> run_server(const config::settings& settings, const server_ready_callback& on_ready);

} // namespace mahavishnu
