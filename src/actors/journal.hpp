// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "store/journal_store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace mahavishnu {

// What is said to the journal never leaves this process.

/// How soon something has to be on disk.
enum class journal_haste : std::uint8_t {
  now,
  /// Together with the next that is in a hurry, or a moment later.
  soon
};

/// Accepted tasks; answered by `journal_written` when they are on disk, or kept to be written soon.
/// Or by an error, and then they are neither.
struct journal_tasks {
  std::vector<store::change> opened;
  journal_haste haste = journal_haste::now;
};

/// What has happened and is to be remembered; answered like that, however long it takes: what
/// cannot be written is kept and tried again.
struct journal_changes {
  std::vector<store::change> changes;
  journal_haste haste = journal_haste::now;
  /// Called by the journal when they are on disk; must be quick. May be empty.
  std::function<void()> on_disk;
};

struct journal_written {};

/// The only writer of the journal. All that comes while the disk is busy is written together.
using journal_actor = caf::typed_actor<caf::replies_to<journal_tasks>::with<journal_written>,
                                       caf::replies_to<journal_changes>::with<journal_written>>;

struct journal_options {
  /// Between two tries to write what could not be written.
  std::chrono::milliseconds retry_after{1000};
  /// How long that waits which is in no hurry.
  std::chrono::milliseconds soon{50};
  /// With more changes than these waiting for the disk, a task that is in no hurry is not accepted
  /// before it is written.
  std::size_t most_waiting = 50'000;
  /// Since writing blocks; not in virtual time.
  bool own_thread = true;
  /// How long a task that has ended is kept, and how many of them; zero: for ever, and all.
  std::chrono::hours keep_for{0};
  std::uint64_t keep_most = 0;
  /// Between two looks for those that need not be kept, and between two steps of forgetting them.
  std::chrono::milliseconds between_looks{60'000};
  std::chrono::milliseconds between_steps{20};
  std::shared_ptr<const wall_clock> clock;
};

/// Ends after it has written all that it was given, or has tried to.
journal_actor spawn_journal(caf::actor_system& system, std::unique_ptr<store::journal_store> store,
                            journal_options options = {});

} // namespace mahavishnu

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_written)
