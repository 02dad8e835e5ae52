// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.hpp"
#include "mahavishnu/base/ids.hpp"

#include <cstdint>
#include <random>

namespace mahavishnu {

/// Makes ids from a clock and a seed; the same seed and the same times give the same ids.
/// Unaware of which ids are in use: whoever keeps the table asks again when one is taken.
class id_source {
public:
  id_source(const wall_clock& clock, std::uint64_t seed) : clock_(&clock), random_(seed) {}

  pool_id next_pool();
  worker_id next_worker();
  batch_id next_batch();
  task_id next_task() { return next_tasks(1); }
  /// The first of `count` ids that follow each other.
  task_id next_tasks(std::uint64_t count);

private:
  const wall_clock* clock_;
  std::mt19937_64 random_;
  task_id last_task_;
};

} // namespace mahavishnu
