// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/patterns/periodic_table.hpp"

#include <chrono>
#include <memory>

namespace mahavishnu {

namespace exec {
class process_runner;
}

struct periodic_options {
  /// Where the scripts run.
  std::shared_ptr<exec::process_runner> runner;
  std::shared_ptr<const wall_clock> clock;
  std::chrono::milliseconds grace{5000};
  /// Whether it has a thread of its own, since it writes files and waits for the disk.
  bool detached = true;
};

/// Starts the actor that runs the scripts of the table when they are due. What runs ends with it.
periodic_actor spawn_periodic(caf::actor_system& system, periodic_options options,
                              periodic_table table);

} // namespace mahavishnu
