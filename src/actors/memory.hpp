// SPDX-License-Identifier: MIT
#pragma once

#include "actors/journal_port.hpp"
#include "actors/memory_target.hpp"
#include "mahavishnu/actors/interfaces.hpp"
#include "store/journal_store.hpp"
#include "store/memory_store.hpp"

#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu {

struct memory_options {
  journal_port journal;
  /// How far the journal has been read: what the cursor of the memory says.
  store::end_position position;
  /// Which one that is, to begin anew with another one; empty: there can be no other.
  std::string journal_name;
  std::vector<std::shared_ptr<memory_target>> targets;
  /// Between two looks for what has ended.
  std::chrono::milliseconds collect_every{1000};
  /// Between two turns of sending what waits.
  std::chrono::milliseconds sync_every{60'000};
  /// How long a record is kept, and how many of them; zero: for ever, and all.
  std::chrono::hours keep_for{0};
  std::uint64_t keep_most = 0;
  /// Since reading and writing block; not in virtual time.
  bool own_thread = true;
};

/// Collects what the journal says of ended tasks, answers from it, and sends it on. It reads the
/// journal in the order in which tasks have ended, and notes in the same transaction as the records
/// how far it has come: so each task is remembered once, whatever dies when, and a server that ends
/// tasks faster than they can be indexed is not slowed down.
memory_actor spawn_memory(caf::actor_system& system, std::unique_ptr<store::memory_store> memory,
                          std::unique_ptr<store::journal_store> ended, memory_options options);

} // namespace mahavishnu
