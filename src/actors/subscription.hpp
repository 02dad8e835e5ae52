// SPDX-License-Identifier: MIT
#pragma once

#include "actors/notice_mask.hpp"

#include <cstddef>
#include <deque>
#include <memory>

namespace mahavishnu {

/// What one listener wants to hear, and the bounded queue of what it has not fetched yet. Notices
/// are shared with the other subscriptions.
class subscription {
public:
  /// An error that names what cannot be in the wish.
  static result<subscription> from(const subscribe& wish);

  /// Whether the notice is of a type and of a pool that the listener asked for; nothing is once the
  /// subscription is closed.
  bool wants(const notice& what) const;

  /// Keeps the notice, or does what the listener wants done when there is no room.
  /// @pre wants(*what)
  void add(std::shared_ptr<const notice> what);

  /// The oldest ones that wait, at most so many (and fewer when they are large, but at least one),
  /// and how many were dropped since the last call.
  notices take(std::size_t most);

  /// It overflowed, and the listener wants it closed then. What waits can still be taken.
  bool closed() const { return closed_; }
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  /// Of which types it still takes notices.
  notice_mask types() const { return closed_ ? 0 : types_; }

  /// Taken, and dropped, since the beginning.
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t missed() const { return missed_; }

private:
  subscription(notice_mask types, pool_id pool, std::size_t limit, overflow_policy overflow)
      : types_(types), pool_(std::move(pool)), limit_(limit), overflow_(overflow) {}

  notice_mask types_;
  pool_id pool_; // empty: all
  std::size_t limit_;
  overflow_policy overflow_;
  std::deque<std::shared_ptr<const notice>> waiting_;
  bool closed_ = false;
  std::uint64_t delivered_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t newly_missed_ = 0;
};

} // namespace mahavishnu
