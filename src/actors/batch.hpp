// SPDX-License-Identifier: MIT
#pragma once

#include "actors/placement.hpp"

#include <chrono>

namespace mahavishnu {

struct batch_options {
  batch_id id;
  /// Tasks of the batch that are in pools at a time; all the others stay in the batch.
  std::int32_t in_flight = 1000;
  /// How long the results of a batch that has ended are kept for those who follow it.
  std::chrono::milliseconds keep{600'000};
  std::uint64_t seed = 0;
};

/// Starts the actor of one batch, which ends when its results have been fetched.
batch_actor spawn_batch(caf::actor_system& system, batch_options options, placer_actor placer);

} // namespace mahavishnu
