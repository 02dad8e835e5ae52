// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "exec/terminal_size.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mahavishnu {

namespace exec {
class process_runner;
}

struct terminals_options {
  /// Otherwise none can be opened.
  bool enabled = true;
  /// One that keeps what processes write in files; empty: there is no place for these, and no
  /// terminal can be opened.
  std::shared_ptr<exec::process_runner> runner;
  std::shared_ptr<const wall_clock> clock = std::make_shared<system_wall_clock>();
  exec::terminal_size default_size{40, 120};
  /// That are there at a time; those that have exited make room for others.
  std::size_t most = 20;
  /// That a capture gives when nobody says how many.
  std::int32_t capture_lines = 100;
  /// Kept of a terminal, besides what is on its screen.
  std::size_t scrollback = 1000;
  /// Shells that somebody types into do not end on SIGTERM.
  std::chrono::milliseconds grace{1000};
  std::uint64_t seed = 0;
  /// Whether it has a thread of its own, since it reads files.
  bool detached = true;
};

/// Starts the actor that has the terminals. They end with it.
terminals_actor spawn_terminals(caf::actor_system& system, terminals_options options);

} // namespace mahavishnu
