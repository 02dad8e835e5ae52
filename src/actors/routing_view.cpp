// SPDX-License-Identifier: MIT
#include "actors/routing_view.hpp"

#include <algorithm>

namespace mahavishnu {

bool routing_view::wants(const label_map& of_pool) const {
  return std::ranges::all_of(labels_, [&](const auto& label) {
    auto its = of_pool.find(label.first);
    return its != of_pool.end() && its->second == label.second;
  });
}

void routing_view::resume(pool_slot slot, std::uint64_t arrival, const pool_load& load) {
  by_load_.insert(slot, load);
  if (slot >= in_list_.size())
    in_list_.resize(slot + std::size_t{1});
  in_list_[slot] = static_cast<std::uint32_t>(list_.size());
  list_.push_back(slot);
  auto at = turns_.emplace(arrival, slot).first;
  if (arrival > last_turn_ && (next_turn_ == turns_.end() || arrival < next_turn_->first))
    next_turn_ = at;
}

void routing_view::pause(pool_slot slot, std::uint64_t arrival) {
  by_load_.erase(slot);
  auto last = list_.back(); // takes the free place
  list_[in_list_[slot]] = last;
  in_list_[last] = in_list_[slot];
  list_.pop_back();
  auto its_turn = turns_.find({arrival, slot});
  if (its_turn == next_turn_)
    ++next_turn_;
  turns_.erase(its_turn);
}

pool_slot routing_view::next_in_turn() {
  if (next_turn_ == turns_.end())
    next_turn_ = turns_.begin();
  auto [arrival, slot] = *next_turn_++;
  last_turn_ = arrival;
  return slot;
}

pool_slot routing_view::any(std::mt19937_64& random) const {
  return list_[std::uniform_int_distribution<std::size_t>{0, list_.size() - 1}(random)];
}

pool_slot routing_view::of_key(std::uint64_t hash) const {
  auto found = places_.find(hash, [this](pool_slot slot) { return can_choose(slot); });
  return found ? *found : list_[consistent_place(hash, static_cast<std::uint32_t>(list_.size()))];
}

} // namespace mahavishnu
