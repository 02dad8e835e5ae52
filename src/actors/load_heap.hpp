// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mahavishnu {

/// Where routing keeps what it knows of a pool: small, and used again after the pool has gone.
using pool_slot = std::uint32_t;
inline constexpr pool_slot no_slot = UINT32_MAX;

/// How busy a pool is, relative to its capacity. Among equals the one that waited longest for a
/// task is the lesser, so ties rotate.
struct pool_load {
  // 32 bits each, so that the products below cannot overflow.
  std::uint32_t in_flight = 0;
  std::uint32_t capacity = 1;
  std::uint64_t last_choice = 0;

  friend bool operator<(const pool_load& a, const pool_load& b) {
    auto left = std::uint64_t{a.in_flight} * b.capacity;
    auto right = std::uint64_t{b.in_flight} * a.capacity;
    return left != right ? left < right : a.last_choice < b.last_choice;
  }
};

/// Finds the slot with the least load; any slot can be updated or taken out in O(log n).
class load_heap {
public:
  bool empty() const { return nodes_.empty(); }
  std::size_t size() const { return nodes_.size(); }
  bool contains(pool_slot slot) const { return slot < where_.size() && where_[slot] != absent; }

  /// @pre not empty.
  pool_slot least() const { return nodes_.front().slot; }

  /// @pre the slot is not in the heap.
  void insert(pool_slot slot, const pool_load& load) {
    if (slot >= where_.size())
      where_.resize(slot + std::size_t{1}, absent);
    nodes_.push_back({load, slot});
    settle(nodes_.size() - 1, {load, slot});
  }

  /// @pre the slot is in the heap.
  void update(pool_slot slot, const pool_load& load) { settle(where_[slot], {load, slot}); }

  /// @pre the slot is in the heap.
  void erase(pool_slot slot) {
    std::size_t at = where_[slot];
    where_[slot] = absent;
    auto last = nodes_.back();
    nodes_.pop_back();
    if (at < nodes_.size())
      settle(at, last);
  }

private:
  // Four children rather than two: half the depth, and the children are neighbours in memory.
  static constexpr std::size_t fan_out = 4;
  static constexpr std::uint32_t absent = UINT32_MAX;

  /// The load is here and not behind the slot: comparing children must not leave the array.
  struct node {
    pool_load load;
    pool_slot slot;
  };

  void put(std::size_t at, const node& what) {
    nodes_[at] = what;
    where_[what.slot] = static_cast<std::uint32_t>(at);
  }

  /// Puts the node where it belongs, starting from a place that is free.
  void settle(std::size_t at, const node& what) {
    while (at > 0) {
      auto parent = (at - 1) / fan_out;
      if (!(what.load < nodes_[parent].load))
        break;
      put(at, nodes_[parent]);
      at = parent;
    }
    for (;;) {
      auto first = at * fan_out + 1;
      if (first >= nodes_.size())
        break;
      auto least = first;
      for (auto i = first + 1; i < std::min(first + fan_out, nodes_.size()); ++i)
        if (nodes_[i].load < nodes_[least].load)
          least = i;
      if (!(nodes_[least].load < what.load))
        break;
      put(at, nodes_[least]);
      at = least;
    }
    put(at, what);
  }

  std::vector<node> nodes_;
  std::vector<std::uint32_t> where_; // by slot
};

} // namespace mahavishnu
