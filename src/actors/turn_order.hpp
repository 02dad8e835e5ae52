// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mahavishnu {

/// Which task runs next when each names its worker: one at a time on each worker, so many on all of
/// them, and of those whose worker is free the one that came first. Unaware of what tasks are.
class turn_order {
public:
  turn_order(std::size_t most_running, std::size_t queue_limit)
      : most_running_(most_running), queue_limit_(queue_limit) {}

  /// Whether one more task for that worker could wait, or would not have to.
  /// @pre next() has nothing to give.
  bool has_room(const worker_id& worker) const {
    return !full() || (running_.size() < most_running_ && !running_.contains(worker));
  }

  void add(const task_id& task, const worker_id& worker) { waiting_.push_back({task, worker}); }

  /// The task that runs from now on, if one can.
  std::optional<task_id> next() {
    if (running_.size() >= most_running_)
      return std::nullopt;
    auto at = std::ranges::find_if(
        waiting_, [&](const turn& each) { return !running_.contains(each.worker); });
    if (at == waiting_.end())
      return std::nullopt;
    auto task = at->task;
    running_.emplace(at->worker, task);
    waiting_.erase(at);
    return task;
  }

  /// This task of that worker waits or runs no more.
  void remove(const task_id& task, const worker_id& worker) {
    if (auto at = running_.find(worker); at != running_.end() && at->second == task)
      running_.erase(at);
    else
      waiting_.remove_if([&](const turn& each) { return each.task == task; });
  }

  std::optional<task_id> running_on(const worker_id& worker) const {
    auto at = running_.find(worker);
    return at == running_.end() ? std::nullopt : std::optional{at->second};
  }

  std::vector<task_id> waiting_for(const worker_id& worker) const {
    std::vector<task_id> tasks;
    for (const auto& each : waiting_)
      if (each.worker == worker)
        tasks.push_back(each.task);
    return tasks;
  }

  bool full() const { return waiting_.size() >= queue_limit_; }
  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

private:
  struct turn {
    task_id task;
    worker_id worker;
  };

  std::size_t most_running_;
  std::size_t queue_limit_;
  std::list<turn> waiting_; // the oldest first
  std::unordered_map<worker_id, task_id> running_;
};

} // namespace mahavishnu
