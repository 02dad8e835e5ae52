// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "wire/connection_stats.hpp"
#include "wire/signatures.hpp"
#include "wire/unix_socket.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace mahavishnu::wire {

/// How a server takes connections.
struct acceptor_options {
  /// Connections that may be open at the same time; keep it well below the limit of open files.
  std::size_t max_connections = 64;
  /// Largest single message in bytes.
  std::uint32_t max_message_bytes = 16u << 20;
  /// How long a new connection may stay without a complete handshake.
  std::chrono::milliseconds handshake_timeout{2000};
  /// Whether peers may also speak to actors whose handles they got in answers; by default only to
  /// the published one.
  bool any_receiver = false;
  /// What to do with a socket file that is there already.
  leftover existing = leftover::keep;
  /// Number of the door inside this process: two acceptors of one actor system need two.
  std::uint16_t door = 1;
  /// Is told about refused connections and messages, at most once a second.
  log_callback log;
};

/// Takes connections on a socket file, with one thread of its own, and gives CAF those that belong
/// to our own user; each of them reaches one actor.
class acceptor {
public:
  /// @pre The system has the middleman.
  static result<std::unique_ptr<acceptor>>
  start(caf::actor_system& system, const std::filesystem::path& socket, caf::strong_actor_ptr whom,
        wire_interface interface, acceptor_options options);

  template <class Handle>
  static result<std::unique_ptr<acceptor>> start(caf::actor_system& system,
                                                 const std::filesystem::path& socket,
                                                 const Handle& whom, acceptor_options options) {
    return start(system, socket, caf::actor_cast<caf::strong_actor_ptr>(whom),
                 wire_interface_of<Handle>(system), std::move(options));
  }

  acceptor(const acceptor&) = delete;
  acceptor& operator=(const acceptor&) = delete;

  /// Stops.
  ~acceptor();

  /// Takes no further connections, removes the socket file and lets go of the actor. Connections
  /// that were introduced live on until the actor system ends. Call it before the system ends.
  void stop();

  connection_counts counts() const;

private:
  struct impl;
  explicit acceptor(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::wire
