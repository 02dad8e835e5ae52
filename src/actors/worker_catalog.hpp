// SPDX-License-Identifier: MIT
#pragma once

#include "actors/worker.hpp"

namespace mahavishnu {

/// Starts the actor that tells which kinds of workers there are; programs are asked for their
/// versions on the runner.
worker_catalog_actor spawn_worker_catalog(caf::actor_system& system, worker_types types,
                                          std::shared_ptr<exec::process_runner> runner);

} // namespace mahavishnu
