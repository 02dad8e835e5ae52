// SPDX-License-Identifier: MIT
#pragma once

#include "actors/affinity.hpp"
#include "actors/load_heap.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu {

using label_map = std::map<std::string, std::string>;

/// The pools that have certain labels, in every order that a selector asks for. Paused pools keep
/// their place for the affinity but are not chosen.
class routing_view {
public:
  explicit routing_view(label_map labels) : labels_(std::move(labels)) {}
  routing_view(const routing_view&) = delete;
  routing_view& operator=(const routing_view&) = delete;

  const label_map& labels() const { return labels_; }
  /// Whether a pool with those labels belongs here.
  bool wants(const label_map& of_pool) const;

  /// A pool belongs to the view, at first paused; `remove` needs it paused, too.
  void add(pool_slot slot) { places_.add(slot); }
  void remove(pool_slot slot) { places_.remove(slot); }
  void pause(pool_slot slot, std::uint64_t arrival);
  void resume(pool_slot slot, std::uint64_t arrival, const pool_load& load);
  /// @pre the pool can be chosen.
  void update(pool_slot slot, const pool_load& load) { by_load_.update(slot, load); }

  /// No pool can be chosen.
  bool empty() const { return list_.empty(); }
  bool can_choose(pool_slot slot) const { return by_load_.contains(slot); }

  /// The ways to choose. @pre not empty.
  pool_slot least_loaded() const { return by_load_.least(); }
  pool_slot next_in_turn();
  pool_slot any(std::mt19937_64& random) const;
  pool_slot of_key(std::uint64_t hash) const;

private:
  using turn = std::pair<std::uint64_t, pool_slot>;

  label_map labels_;
  load_heap by_load_;
  std::vector<pool_slot> list_;        // for random access
  std::vector<std::uint32_t> in_list_; // by slot
  std::set<turn> turns_;               // in order of arrival
  std::uint64_t last_turn_ = 0;
  std::set<turn>::iterator next_turn_ = turns_.end(); // the first after last_turn_
  affinity_places places_;
};

} // namespace mahavishnu
