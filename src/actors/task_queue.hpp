// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mahavishnu {

/// A bounded first-in, first-out queue whose members can be taken out by id. Unaware of what it
/// holds.
template <class T>
class task_queue {
public:
  explicit task_queue(std::size_t limit) : limit_(limit) {}

  bool full() const { return items_.size() >= limit_; }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  std::size_t limit() const { return limit_; }
  bool contains(const task_id& task) const { return places_.contains(task); }

  /// @pre not full, and the id is not in the queue.
  void push(const task_id& task, T item) {
    items_.emplace_back(task, std::move(item));
    places_.emplace(task, std::prev(items_.end()));
  }

  std::optional<T> pop() {
    if (items_.empty())
      return std::nullopt;
    return remove(items_.front().first);
  }

  std::optional<T> remove(const task_id& task) {
    auto place = places_.find(task);
    if (place == places_.end())
      return std::nullopt;
    auto at = place->second;
    std::optional<T> item{std::move(at->second)};
    places_.erase(place);
    items_.erase(at);
    return item;
  }

private:
  std::size_t limit_;
  std::list<std::pair<task_id, T>> items_;
  std::unordered_map<task_id, typename std::list<std::pair<task_id, T>>::iterator> places_;
};

} // namespace mahavishnu
