// SPDX-License-Identifier: MIT
#pragma once

#include "actors/notice_mask.hpp"
#include "mahavishnu/actors/interfaces.hpp"

#include <caf/typed_actor.hpp>

#include <atomic>
#include <memory>

namespace mahavishnu {

/// What anybody listens for at all, so that a pool that completes a million tasks a second sends
/// nothing when nobody listens. Written by the feed, read by everybody.
class feed_interest {
public:
  /// Relaxed, since nothing else is read on the strength of it: whoever has heard that a
  /// subscription is there sees it here as well.
  bool wants(notice_type type) const {
    return (mask_.load(std::memory_order_relaxed) & mask_of(type)) != 0;
  }
  void set(notice_mask mask) { mask_.store(mask, std::memory_order_relaxed); }

private:
  std::atomic<notice_mask> mask_{0};
};

/// The feed as those see it who have something to tell; an empty one wants nothing.
struct feed_port {
  feed_actor feed;
  std::shared_ptr<const feed_interest> interest;

  bool wants(notice_type type) const { return feed && interest && interest->wants(type); }
};

} // namespace mahavishnu
