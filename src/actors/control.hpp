// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/server.hpp"

#include <caf/typed_actor.hpp>

#include <functional>

namespace mahavishnu {

struct control_options {
  /// Who we are; `uptime`, `pools_active` and `mcp` are filled in when somebody asks.
  server_status identity;
  /// Called once, when somebody has asked the server to end. Must not block.
  std::function<void()> on_shut_down;
};

/// Those who answer what the control actor does not.
struct control_targets {
  pool_manager_actor manager;
  feed_actor feed;
  worker_manager_actor workers;
  worker_catalog_actor catalog;
  /// These are none where there is no place to keep them.
  periodic_actor periodic{};
  memory_actor memory{};
  outputs_actor outputs{};
  terminals_actor terminals{};
  /// None where nothing listens for MCP clients.
  mcp_door_actor door{};
};

control_actor spawn_control(caf::actor_system& system, control_options options,
                            control_targets targets);

} // namespace mahavishnu
