// SPDX-License-Identifier: MIT
#pragma once

#include "actors/control.hpp"
#include "actors/system_config.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/server.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>

namespace mahavishnu {

namespace exec {
class process_runner;
}

/// The actor system of a server or of an embedding program, wired from settings: the one place
/// where actors, processes, clock and chance meet.
class core {
public:
  /// `identity` and `on_shut_down` are for the control actor.
  static result<std::unique_ptr<core>> start(const config::settings& settings,
                                             server_status identity,
                                             std::function<void()> on_shut_down);
  ~core();

  caf::actor_system& system() { return system_; }
  const control_actor& control() const { return control_; }
  const pool_manager_actor& manager() const { return targets_.manager; }

  /// Closes all pools and waits, within bounds, until nothing runs any more.
  void close_pools();

private:
  core(const config::settings& settings, std::shared_ptr<exec::process_runner> runner,
       server_status identity, std::function<void()> on_shut_down);

  system_config config_;
  caf::actor_system system_;
  std::shared_ptr<exec::process_runner> runner_; // ends before the actors that it calls
  std::chrono::milliseconds close_limit_;
  control_targets targets_;
  control_actor control_;
};

} // namespace mahavishnu
