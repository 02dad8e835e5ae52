// SPDX-License-Identifier: MIT
#pragma once

#include "actors/journal.hpp"
#include "base/clock.hpp"

#include <memory>

namespace mahavishnu {

/// The journal as those see it who have something to write; an empty one keeps nothing.
struct journal_port {
  journal_actor journal;
  std::shared_ptr<const wall_clock> clock;

  explicit operator bool() const { return static_cast<bool>(journal); }

  store::wall_time now() const { return milliseconds_of(*clock); }
};

} // namespace mahavishnu
