// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/pool.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace mahavishnu {

/// Decides which pool gets the next task. Unaware of actors: it is told what was dispatched and
/// what has left. Every choice costs at most O(log n) in the number of pools.
class routing {
public:
  explicit routing(std::uint64_t seed) : random_(seed) {}

  void add(const pool_id& pool, std::int32_t capacity);
  void remove(const pool_id& pool);
  bool empty() const { return pools_.empty(); }

  /// One task more, or one less, in flight or waiting in that pool.
  void dispatched(const pool_id& pool);
  void left(const pool_id& pool);

  /// The pool for the next task; nothing when there are no pools, and for `affinity`, which is a
  /// matter of names and not of load.
  std::optional<pool_id> choose(pool_selector selector);

private:
  /// Orders pools by load; among equals the one that waited longest for a task comes first, so
  /// ties rotate.
  struct place {
    std::int64_t in_flight;
    std::int64_t capacity;
    std::uint64_t last_choice;

    bool operator<(const place& other) const {
      auto mine = in_flight * other.capacity;
      auto its = other.in_flight * capacity;
      return mine != its ? mine < its : last_choice < other.last_choice;
    }
  };
  struct entry {
    place at;
    std::size_t index; // in order_
    std::uint64_t turn;
  };

  void change_load(const pool_id& pool, std::int64_t by);

  std::mt19937_64 random_;
  std::uint64_t choices_ = 0;
  std::uint64_t turns_ = 0;
  std::unordered_map<pool_id, entry> pools_;
  std::map<place, pool_id> by_load_;            // unique: last_choice differs between pools
  std::map<std::uint64_t, pool_id> by_arrival_; // the turns of round robin
  std::uint64_t last_turn_ = 0;
  std::vector<pool_id> order_; // for random access
};

} // namespace mahavishnu
