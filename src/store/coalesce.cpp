// SPDX-License-Identifier: MIT
#include "store/coalesce.hpp"

#include <unordered_map>

namespace mahavishnu::store {

namespace {

class coalescing {
public:
  explicit coalescing(std::size_t most) {
    tasks_.reserve(most);
    latest_.reserve(most);
  }

  void operator()(const pool_opened&) {}
  void operator()(const pool_closed&) {}
  void operator()(const task_opened& opened) {
    auto [at, is_new] = latest_.try_emplace(opened.task, tasks_.size());
    if (!is_new && tasks_[at->second].opened != nullptr)
      return;
    // What came before this was for a task that was known then, or for nobody: it stays apart.
    at->second = tasks_.size();
    tasks_.push_back({opened.task, &opened, nullptr, nullptr});
  }
  void operator()(const task_moved& moved) {
    auto& task = of(moved.task);
    if (task.ended == nullptr)
      task.moved = &moved;
  }
  void operator()(const task_ended& ended) {
    auto& task = of(ended.task);
    if (task.ended != nullptr)
      return;
    task.moved = nullptr;
    task.ended = &ended;
  }

  std::vector<task_change> take() { return std::move(tasks_); }

private:
  task_change& of(const task_id& task) {
    auto [at, is_new] = latest_.try_emplace(task, tasks_.size());
    if (is_new)
      tasks_.push_back({task, nullptr, nullptr, nullptr});
    return tasks_[at->second];
  }

  std::vector<task_change> tasks_;
  /// Where in `tasks_` the last word about a task stands.
  std::unordered_map<task_id, std::size_t> latest_;
};

} // namespace

std::vector<task_change> coalesce(std::span<const change> changes) {
  coalescing result{changes.size()};
  for (const auto& each : changes)
    std::visit(result, each);
  return result.take();
}

} // namespace mahavishnu::store
