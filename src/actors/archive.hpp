// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "mahavishnu/messages/fwd.hpp"
#include "store/journal_store.hpp"

#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>

namespace mahavishnu {

/// Tells of tasks that have ended and that no pool remembers any more, or whose pool is no more.
using archive_actor = caf::typed_actor<caf::replies_to<wait_task>::with<task_result>,
                                       caf::replies_to<describe_task>::with<task_info>,
                                       caf::replies_to<locate_output>::with<output_location>,
                                       // Only those that have ended.
                                       caf::replies_to<list_tasks>::with<task_list>>;

/// Reads the journal, on a thread of its own.
archive_actor spawn_archive(caf::actor_system& system, std::unique_ptr<store::journal_store> store,
                            std::shared_ptr<const wall_clock> clock);

} // namespace mahavishnu
