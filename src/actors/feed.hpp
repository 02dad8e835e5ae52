// SPDX-License-Identifier: MIT
#pragma once

#include "actors/feed_port.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace mahavishnu {

struct feed_options {
  /// For notices that come without a time.
  std::shared_ptr<const wall_clock> clock = std::make_shared<system_wall_clock>();
  /// A subscription that nobody asks for so long ends.
  std::chrono::seconds idle_limit{300};
  std::size_t most_subscribers = 1000;
  /// Kept up to date by the feed, for the ports of those who have something to tell.
  std::shared_ptr<feed_interest> interest = std::make_shared<feed_interest>();
};

/// It lives until somebody sends it an exit message: a timer or a receiver that waits holds it.
feed_actor spawn_feed(caf::actor_system& system, feed_options options);

} // namespace mahavishnu
