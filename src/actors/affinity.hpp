// SPDX-License-Identifier: MIT
#pragma once

#include "actors/load_heap.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// Names a pool in routing; never used twice by one manager.
using pool_number = std::uint32_t;

/// Unlike std::hash the same in every run and on every machine.
std::uint64_t stable_hash(std::string_view text);

/// Turns numbers that are alike into numbers that are not.
std::uint64_t scatter(std::uint64_t x);

/// A place below `count` for that hash, all with equal chances. With one place more the hash keeps
/// its place or gets the new one. @pre count > 0.
std::uint32_t consistent_place(std::uint64_t hash, std::uint32_t count);

/// Finds the pool of a key by hashing alone. Each key has its own sequence of places and belongs to
/// the first pool that it finds there: a pool that goes gives up its keys only, to all the others
/// alike, and a pool that comes takes keys only for itself.
class affinity_places {
public:
  /// @pre the slot has no place.
  void add(pool_slot slot);
  /// @pre the slot has a place. When three quarters of the places are free the rest moves together,
  /// which is the one time that keys of other pools move.
  void remove(pool_slot slot);

  /// Nothing when no pool was found in reasonable time: then nearly all are unavailable.
  template <class Available>
  std::optional<pool_slot> find(std::uint64_t hash, Available available) const {
    if (places_.empty())
      return std::nullopt;
    // At one quarter of the places taken, one key in 10,000 finds nothing.
    for (std::uint64_t attempt = 0; attempt < 32; ++attempt) {
      auto slot = places_[consistent_place(scatter(hash + attempt),
                                           static_cast<std::uint32_t>(places_.size()))];
      if (slot != no_slot && available(slot))
        return slot;
    }
    return std::nullopt;
  }

private:
  void take_place(pool_slot slot);

  std::vector<pool_slot> places_;    // no_slot: free
  std::vector<std::uint32_t> free_;  // the places that are
  std::vector<std::uint32_t> where_; // by slot
};

/// Remembers the pools of the keys that were used last, so that pools that come do not move them. A
/// key is known by its hash: two keys with one hash share a pool, which does no harm.
class sticky_keys {
public:
  struct pools {
    std::optional<pool_number> home;
    /// Takes the tasks while the home is paused, and when it has gone after that.
    std::optional<pool_number> stand_in;
  };

  /// `salt` makes it impossible to choose keys that are slow to find.
  sticky_keys(std::size_t limit, std::uint64_t salt);

  std::size_t size() const { return nodes_.size(); }

  /// The pools of the key, none for a new one; the key that was not used for longest makes room.
  /// Valid until the next call.
  pools& operator[](std::uint64_t hash);

private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct node {
    std::uint64_t hash;
    pools its;
    std::uint32_t next; // in the same bucket
    std::uint32_t newer;
    std::uint32_t older;
  };

  std::uint32_t& bucket(std::uint64_t hash);
  std::uint32_t oldest_forgotten();
  void unlink(std::uint32_t at);
  void link_as_newest(std::uint32_t at);

  std::size_t limit_;
  std::uint64_t salt_;
  std::vector<node> nodes_;
  std::vector<std::uint32_t> buckets_;
  std::uint32_t newest_ = none;
  std::uint32_t oldest_ = none;
};

} // namespace mahavishnu
