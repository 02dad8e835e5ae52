// SPDX-License-Identifier: MIT
#include "actors/routing.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu {

namespace {

constexpr std::size_t max_views = 64; // as many as `entry::views` has bits

std::uint32_t valid_capacity(std::int32_t capacity) {
  return static_cast<std::uint32_t>(std::max(capacity, 1));
}

/// 0 for no labels.
std::uint64_t hash_of(const label_map& labels) {
  std::uint64_t hash = 0;
  for (const auto& [name, value] : labels)
    hash = scatter(scatter(hash ^ stable_hash(name)) ^ stable_hash(value));
  return hash;
}

} // namespace

routing::routing(std::uint64_t seed) : random_(seed), sticky_(most_keys, random_()) {
  views_.push_back({0, 0, std::make_unique<routing_view>(label_map{})});
}

routing::entry* routing::find(pool_number pool) {
  auto found = by_number_.find(pool);
  return found == by_number_.end() ? nullptr : &slots_[found->second];
}

const routing::entry* routing::find(pool_number pool) const {
  auto found = by_number_.find(pool);
  return found == by_number_.end() ? nullptr : &slots_[found->second];
}

pool_slot routing::slot_of(const entry& its) const {
  return static_cast<pool_slot>(&its - slots_.data());
}

void routing::add(pool_number pool, const pool_id&, const label_map& labels,
                  std::int32_t capacity) {
  if (find(pool))
    return;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<pool_slot>(slots_.size()));
    slots_.emplace_back();
  }
  auto slot = free_slots_.back();
  free_slots_.pop_back();
  by_number_.emplace(pool, slot);
  auto& fresh = slots_[slot];
  fresh = {pool, false, {0, valid_capacity(capacity), ++choices_}, ++arrivals_, 0, labels};
  for (std::size_t i = 0; i < views_.size(); ++i)
    if (views_[i].view->wants(labels))
      join(fresh, i);
}

void routing::remove(pool_number pool) {
  auto* gone = find(pool);
  if (!gone)
    return;
  for_each_view(*gone, [&](std::size_t i) { leave(*gone, i); });
  gone->labels.clear();
  free_slots_.push_back(slot_of(*gone));
  by_number_.erase(pool);
}

void routing::join(entry& its, std::size_t view) {
  auto& joined = *views_[view].view;
  joined.add(slot_of(its));
  if (!its.paused)
    joined.resume(slot_of(its), its.arrival, its.load);
  its.views |= std::uint64_t{1} << view;
}

void routing::leave(entry& its, std::size_t view) {
  auto& left_behind = *views_[view].view;
  if (!its.paused)
    left_behind.pause(slot_of(its), its.arrival);
  left_behind.remove(slot_of(its));
  its.views &= ~(std::uint64_t{1} << view);
}

void routing::pause(pool_number pool) {
  auto* its = find(pool);
  if (!its || its->paused)
    return;
  its->paused = true;
  for_each_view(*its, [&](std::size_t i) { views_[i].view->pause(slot_of(*its), its->arrival); });
}

void routing::resume(pool_number pool) {
  auto* its = find(pool);
  if (!its || !its->paused)
    return;
  its->paused = false;
  for_each_view(
      *its, [&](std::size_t i) { views_[i].view->resume(slot_of(*its), its->arrival, its->load); });
}

void routing::resize(pool_number pool, std::int32_t capacity) {
  if (auto* its = find(pool)) {
    its->load.capacity = valid_capacity(capacity);
    load_changed(*its);
  }
}

void routing::dispatched(pool_number pool, std::int32_t n) {
  auto* its = find(pool);
  if (!its || n <= 0)
    return;
  auto& count = its->load.in_flight;
  count += std::min(static_cast<std::uint32_t>(n), UINT32_MAX - count);
  its->load.last_choice = ++choices_;
  load_changed(*its);
}

void routing::left(pool_number pool, std::int32_t n) {
  auto* its = find(pool);
  if (!its || n <= 0)
    return;
  auto& count = its->load.in_flight;
  count -= std::min(static_cast<std::uint32_t>(n), count);
  load_changed(*its);
}

void routing::load_changed(const entry& its) {
  if (its.paused)
    return; // `resume` hands it on
  for_each_view(its, [&](std::size_t i) { views_[i].view->update(slot_of(its), its.load); });
}

std::int64_t routing::in_flight(pool_number pool) const {
  const auto* its = find(pool);
  return its ? its->load.in_flight : 0;
}

std::int64_t routing::capacity(pool_number pool) const {
  const auto* its = find(pool);
  return its ? its->load.capacity : 0;
}

routing_view& routing::view_for(const label_map& labels, std::uint64_t hash) {
  if (labels.empty())
    return *views_.front().view;
  for (auto& known : views_) {
    if (known.hash != hash || known.view->labels() != labels)
      continue;
    known.last_use = ++view_uses_;
    return *known.view;
  }
  auto fresh = std::make_unique<routing_view>(labels);
  std::vector<entry*> members;
  for (auto [number, slot] : by_number_)
    if (fresh->wants(slots_[slot].labels))
      members.push_back(&slots_[slot]);
  std::ranges::sort(members, {}, &entry::arrival); // the places of affinity follow it
  auto at = room_for_view();
  views_[at] = {hash, ++view_uses_, std::move(fresh)};
  for (auto* its : members)
    join(*its, at);
  return *views_[at].view;
}

std::size_t routing::room_for_view() {
  if (views_.size() < max_views) {
    views_.emplace_back();
    return views_.size() - 1;
  }
  auto oldest =
      std::ranges::min_element(views_.begin() + 1, views_.end(), {}, &known_view::last_use);
  auto at = static_cast<std::size_t>(oldest - views_.begin());
  for (auto& its : slots_)
    its.views &= ~(std::uint64_t{1} << at);
  return at;
}

std::optional<pool_number> routing::choose(pool_selector how, const label_map& labels,
                                           std::string_view key) {
  auto labels_hash = hash_of(labels);
  auto& view = view_for(labels, labels_hash);
  if (view.empty())
    return std::nullopt;
  auto slot = no_slot;
  switch (how) {
  case pool_selector::round_robin: slot = view.next_in_turn(); break;
  case pool_selector::least_loaded: slot = view.least_loaded(); break;
  case pool_selector::random: slot = view.any(random_); break;
  case pool_selector::affinity:
    slot = sticky_choice(view, scatter(stable_hash(key) ^ labels_hash));
    break;
  }
  return slots_[slot].number;
}

pool_slot routing::sticky_choice(routing_view& view, std::uint64_t hash) {
  auto& its = sticky_[hash];
  auto known = [this](std::optional<pool_number> pool) { return pool ? find(*pool) : nullptr; };
  auto usable = [&](const entry* pool) { return pool && view.can_choose(slot_of(*pool)); };
  const auto* home = known(its.home);
  const auto* stand_in = known(its.stand_in);
  if (usable(home))
    return slot_of(*home);
  if (usable(stand_in)) // also when the home has gone: a key does not move without need
    return slot_of(*stand_in);
  auto slot = view.of_key(hash);
  (home ? its.stand_in : its.home) = slots_[slot].number;
  moved_key_ = key_places{hash, its.home, its.stand_in};
  return slot;
}

void routing::remember(const key_places& places) {
  sticky_[places.key] = {places.home, places.stand_in};
}

} // namespace mahavishnu
