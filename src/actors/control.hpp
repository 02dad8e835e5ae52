// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/server.hpp"

#include <functional>

namespace mahavishnu {

struct control_options {
  /// Who we are; `uptime` and `pools_active` are filled in when somebody asks.
  server_status identity;
  /// Called once, when somebody has asked the server to end. Must not block.
  std::function<void()> on_shut_down;
};

control_actor spawn_control(caf::actor_system& system, control_options options,
                            pool_manager_actor manager);

} // namespace mahavishnu
