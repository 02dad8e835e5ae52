// SPDX-License-Identifier: MIT
#include "actors/routing.hpp"

#include <algorithm>

namespace mahavishnu {

void routing::add(const pool_id& pool, std::int32_t capacity) {
  entry fresh{{0, std::max(capacity, 1), ++choices_}, order_.size(), ++turns_};
  by_load_.emplace(fresh.at, pool);
  by_arrival_.emplace(fresh.turn, pool);
  order_.push_back(pool);
  pools_.emplace(pool, fresh);
}

void routing::remove(const pool_id& pool) {
  auto found = pools_.find(pool);
  if (found == pools_.end())
    return;
  auto gone = found->second;
  by_load_.erase(gone.at);
  by_arrival_.erase(gone.turn);
  pools_.erase(found);
  if (gone.index + 1 != order_.size()) { // the last one takes the free place
    order_[gone.index] = order_.back();
    pools_.at(order_[gone.index]).index = gone.index;
  }
  order_.pop_back();
}

void routing::dispatched(const pool_id& pool) {
  change_load(pool, 1);
}

void routing::left(const pool_id& pool) {
  change_load(pool, -1);
}

void routing::change_load(const pool_id& pool, std::int64_t by) {
  auto found = pools_.find(pool);
  if (found == pools_.end())
    return; // closed meanwhile
  auto& at = found->second.at;
  auto node = by_load_.extract(at);
  at.in_flight += by;
  if (by > 0)
    at.last_choice = ++choices_;
  node.key() = at;
  by_load_.insert(std::move(node));
}

std::optional<pool_id> routing::choose(pool_selector selector) {
  if (pools_.empty() || selector == pool_selector::affinity)
    return std::nullopt;
  if (selector == pool_selector::least_loaded)
    return by_load_.begin()->second;
  if (selector == pool_selector::random)
    return order_[std::uniform_int_distribution<std::size_t>{0, order_.size() - 1}(random_)];
  auto next = by_arrival_.upper_bound(last_turn_);
  if (next == by_arrival_.end())
    next = by_arrival_.begin();
  last_turn_ = next->first;
  return next->second;
}

} // namespace mahavishnu
