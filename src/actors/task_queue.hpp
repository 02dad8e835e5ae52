// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mahavishnu {

/// A bounded queue whose members can be taken out by id. The higher priority leaves first; among
/// equals it is first in, first out. Unaware of what it holds. Everything costs O(1) while all
/// have the same priority, and O(log n) in the number of different priorities otherwise.
template <class Key, class T>
class task_queue {
public:
  explicit task_queue(std::size_t limit) : limit_(limit) {}

  // Its members point at each other; they keep their places when the queue moves.
  task_queue(task_queue&&) = default;
  task_queue& operator=(task_queue&&) = default;

  bool full() const { return members_.size() >= limit_; }
  bool empty() const { return members_.empty(); }
  std::size_t size() const { return members_.size(); }
  std::size_t limit() const { return limit_; }
  bool contains(const Key& key) const { return members_.contains(key); }

  /// @pre not full, and the id is not in the queue.
  void push(const Key& key, std::int32_t priority, T item) {
    assert(!full());
    auto [at, is_new] = members_.try_emplace(key, std::move(item), priority);
    assert(is_new);
    if (is_new)
      append(lane_of(priority), *at);
  }

  std::optional<T> pop() {
    if (empty())
      return std::nullopt;
    return take(members_.find(lanes_.begin()->second.first->first));
  }

  /// What pop() would give; null when empty.
  const T* front() const { return empty() ? nullptr : &lanes_.begin()->second.first->second.item; }

  std::optional<T> remove(const Key& key) { return take(members_.find(key)); }

  /// Calls `f(key, item)` in the order of leaving. `f` must not change the queue.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [priority, chain] : lanes_)
      for (const auto* each = chain.first; each; each = each->second.next)
        f(each->first, each->second.item);
  }

private:
  struct member;
  using entry = std::pair<const Key, member>; // of members_, whose entries never move

  struct member {
    member(T&& what, std::int32_t its_priority) : item(std::move(what)), priority(its_priority) {}

    T item;
    std::int32_t priority;
    entry* previous = nullptr;
    entry* next = nullptr;
  };

  /// Those of one priority, chained; never empty.
  struct lane {
    entry* first = nullptr;
    entry* last = nullptr;
  };
  using lane_map = std::map<std::int32_t, lane, std::greater<>>;
  using member_map = std::unordered_map<Key, member>;

  lane& lane_of(std::int32_t priority) {
    auto at = lanes_.lower_bound(priority);
    if (at != lanes_.end() && at->first == priority)
      return at->second;
    if (!spare_)
      return lanes_.emplace_hint(at, priority, lane{})->second;
    spare_.key() = priority;
    return lanes_.insert(at, std::move(spare_))->second;
  }

  void append(lane& to, entry& fresh) {
    fresh.second.previous = to.last;
    (to.last ? to.last->second.next : to.first) = &fresh;
    to.last = &fresh;
  }

  std::optional<T> take(typename member_map::iterator at) {
    if (at == members_.end())
      return std::nullopt;
    auto& leaving = at->second;
    if (leaving.previous && leaving.next) { // its lane need not know
      leaving.previous->second.next = leaving.next;
      leaving.next->second.previous = leaving.previous;
    } else {
      auto where = lanes_.find(leaving.priority);
      auto& from = where->second;
      (leaving.previous ? leaving.previous->second.next : from.first) = leaving.next;
      (leaving.next ? leaving.next->second.previous : from.last) = leaving.previous;
      if (!from.first)
        spare_ = lanes_.extract(where);
    }
    std::optional<T> item{std::move(leaving.item)};
    members_.erase(at);
    return item;
  }

  std::size_t limit_;
  member_map members_;
  lane_map lanes_; // of the priorities that are in the queue
  /// The last lane that went, for the next one that comes: a queue that is empty now and then would
  /// allocate each time.
  typename lane_map::node_type spare_;
};

} // namespace mahavishnu
