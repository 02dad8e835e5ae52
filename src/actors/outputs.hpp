// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace mahavishnu {

struct outputs_options {
  pool_manager_actor manager;
  /// Whether what runs writes into files.
  bool has_files = true;
  /// Where long outputs are kept; empty: nowhere.
  std::string directory{};
  /// No more bytes than this, and none that are older; 0 hours: for ever.
  std::uint64_t most_bytes = 0;
  std::chrono::hours keep_for{0};
  std::chrono::milliseconds sweep_every{60'000};
  std::shared_ptr<const wall_clock> clock = std::make_shared<system_wall_clock>();
};

/// Reads files: `detached` gives it a thread of its own.
outputs_actor spawn_outputs(caf::actor_system& system, outputs_options options,
                            bool detached = true);

} // namespace mahavishnu
