// SPDX-License-Identifier: MIT
#include "actors/affinity.hpp"

#include <bit>
#include <utility>

namespace mahavishnu {

std::uint64_t scatter(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15; // so that 0 does not stay 0
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return scatter(hash);
}

std::uint32_t consistent_place(std::uint64_t hash, std::uint32_t count) {
  // While places are added one by one, a hash at `place` stays there until there are
  // (place + 1) / u of them, u being uniform in (0, 1]; then it moves to the newest. So we go from
  // move to move. Whole numbers, lest rounding differ between machines.
  std::uint64_t place = 0;
  for (std::uint64_t move = 1;; ++move) {
    auto u = (scatter(hash ^ scatter(move)) >> 32) + 1; // in units of 2^-32
    auto next = ((place + 1) << 32) / u;
    if (next >= count)
      return static_cast<std::uint32_t>(place);
    place = next;
  }
}

void affinity_places::add(pool_slot slot) {
  if (slot >= where_.size())
    where_.resize(slot + std::size_t{1});
  if (free_.empty()) {
    take_place(slot);
    return;
  }
  where_[slot] = free_.back();
  places_[free_.back()] = slot;
  free_.pop_back();
}

void affinity_places::take_place(pool_slot slot) {
  where_[slot] = static_cast<std::uint32_t>(places_.size());
  places_.push_back(slot);
}

void affinity_places::remove(pool_slot slot) {
  places_[where_[slot]] = no_slot;
  free_.push_back(where_[slot]);
  if (free_.size() * 4 <= places_.size() * 3)
    return;
  free_.clear();
  auto sparse = std::exchange(places_, {});
  for (auto other : sparse)
    if (other != no_slot)
      take_place(other);
}

sticky_keys::sticky_keys(std::size_t limit, std::uint64_t salt)
    : limit_(limit), salt_(salt), buckets_(std::bit_ceil(limit), none) {
  nodes_.reserve(limit); // memory that is not touched costs nothing yet
}

std::uint32_t& sticky_keys::bucket(std::uint64_t hash) {
  return buckets_[scatter(hash ^ salt_) & (buckets_.size() - 1)];
}

void sticky_keys::unlink(std::uint32_t at) {
  auto [newer, older] = std::pair{nodes_[at].newer, nodes_[at].older};
  (newer == none ? newest_ : nodes_[newer].older) = older;
  (older == none ? oldest_ : nodes_[older].newer) = newer;
}

void sticky_keys::link_as_newest(std::uint32_t at) {
  nodes_[at].newer = none;
  nodes_[at].older = newest_;
  (newest_ == none ? oldest_ : nodes_[newest_].newer) = at;
  newest_ = at;
}

std::uint32_t sticky_keys::oldest_forgotten() {
  auto at = oldest_;
  auto* link = &bucket(nodes_[at].hash);
  while (*link != at)
    link = &nodes_[*link].next;
  *link = nodes_[at].next;
  unlink(at);
  return at;
}

sticky_keys::pools& sticky_keys::operator[](std::uint64_t hash) {
  for (auto at = bucket(hash); at != none; at = nodes_[at].next) {
    if (nodes_[at].hash != hash)
      continue;
    if (at != newest_) {
      unlink(at);
      link_as_newest(at);
    }
    return nodes_[at].its;
  }
  auto at = static_cast<std::uint32_t>(nodes_.size());
  if (nodes_.size() < limit_)
    nodes_.emplace_back();
  else
    at = oldest_forgotten();
  auto& first = bucket(hash);
  nodes_[at].hash = hash;
  nodes_[at].its = {};
  nodes_[at].next = first;
  first = at;
  link_as_newest(at);
  return nodes_[at].its;
}

} // namespace mahavishnu
