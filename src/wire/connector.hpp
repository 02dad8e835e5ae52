// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "wire/connection_stats.hpp"
#include "wire/signatures.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace mahavishnu::wire {

/// How a command makes its connection.
struct dial_options {
  /// All of it, from the first system call to the checked handle.
  std::chrono::milliseconds timeout{5000};
  /// Largest single message in bytes.
  std::uint32_t max_message_bytes = 16u << 20;
  /// Is told about refused messages, at most once a second.
  log_callback log;
};

/// Connects to the actor behind a socket file, which must take and answer at least the messages of
/// `interface`. Blocks the caller, never longer than the timeout. While a connection to the same
/// server lives, a second call gives the same actor.
/// @pre The system has the middleman, and the caller is no actor.
result<caf::strong_actor_ptr> dial(caf::actor_system& system, const std::filesystem::path& socket,
                                   wire_interface interface, dial_options options);

template <class Handle>
result<Handle> dial(caf::actor_system& system, const std::filesystem::path& socket,
                    dial_options options) {
  auto actor = dial(system, socket, wire_interface_of<Handle>(system), std::move(options));
  if (!actor)
    return actor.error();
  return caf::actor_cast<Handle>(std::move(*actor));
}

template <class Handle>
result<Handle> dial(caf::actor_system& system, const std::filesystem::path& socket,
                    std::chrono::milliseconds timeout) {
  dial_options options;
  options.timeout = timeout;
  return dial<Handle>(system, socket, std::move(options));
}

} // namespace mahavishnu::wire
