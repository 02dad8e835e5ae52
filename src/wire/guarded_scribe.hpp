// SPDX-License-Identifier: MIT
#pragma once

#include "wire/connection_control.hpp"
#include "wire/connection_stats.hpp"
#include "wire/frame_guard.hpp"
#include "wire/transport.hpp"
#include "wire/unix_socket.hpp"

#include <caf/fwd.hpp>
#include <caf/io/fwd.hpp>
#include <caf/io/scribe.hpp>

#include <memory>
#include <string>

namespace mahavishnu::wire {

/// A connection for CAF's BASP broker over a descriptor of ours, with the guard in front.
struct guarded_connection {
  caf::io::scribe_ptr scribe;
  /// Ends the connection, also while the broker owns it.
  std::shared_ptr<connection_control> control;
};

/// Puts the guard in front of a connected descriptor. Any thread. The descriptor is closed with the
/// last reference to the scribe.
/// @pre The system has the middleman.
guarded_connection make_guarded_connection(caf::actor_system& system, descriptor fd,
                                           std::unique_ptr<transport> bytes,
                                           std::shared_ptr<const frame_rules> rules,
                                           std::shared_ptr<connection_stats> stats);

/// The broker that speaks BASP in this system.
caf::actor basp_broker_of(caf::actor_system& system);

/// The id of this system as it goes over the wire; empty when it has none.
std::string serialized_node(caf::actor_system& system);

} // namespace mahavishnu::wire
