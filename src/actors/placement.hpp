// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/all.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <vector>

namespace mahavishnu {

/// A batch to the manager: where may so many tasks go that all ask for these labels? Answered by
/// `placement`. The tasks count as dispatched from then on. Never leaves this process.
struct place_tasks {
  std::int32_t count = 0;
  std::string pool;
  std::string selector;
  std::string affinity;
  label_map labels;
};

struct placement {
  /// So many of them go to that pool, with ids that follow each other.
  struct share {
    pool_actor pool;
    std::int32_t count = 0;
    task_id first;
    route_note route;
  };
  std::vector<share> shares;
};

} // namespace mahavishnu

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::place_tasks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::placement)

namespace mahavishnu {

/// The part of the manager that batches know.
using placer_actor = caf::typed_actor<caf::replies_to<place_tasks>::with<placement>,
                                      // For tasks that need more than a place.
                                      caf::replies_to<submit_task>::with<task_accepted>,
                                      caf::replies_to<wait_task>::with<task_result>,
                                      caf::replies_to<cancel_task>::with<task_cancelled>>;

} // namespace mahavishnu
