// SPDX-License-Identifier: MIT
#include "actors/task_history.hpp"

#include <algorithm>

namespace mahavishnu {

task_history::task_history(std::size_t most_tasks, std::size_t most_bytes)
    : most_tasks_(std::max<std::size_t>(most_tasks, 1)), most_bytes_(most_bytes) {}

void task_history::add(ended_task&& task) {
  if (tasks_.size() == most_tasks_)
    forget_oldest();
  else if (tasks_.full())
    tasks_.set_capacity(std::min(most_tasks_, std::max<std::size_t>(16, 2 * tasks_.capacity())));
  bytes_ += task.output_bytes();
  numbers_[task.id] = first_ + tasks_.size();
  tasks_.push_back(std::move(task));
  while (tasks_.size() > 1 && bytes_ > most_bytes_)
    forget_oldest();
}

void task_history::forget_oldest() {
  auto& oldest = tasks_.front();
  bytes_ -= oldest.output_bytes();
  // A task that came back under its id is remembered by its later end.
  if (auto found = numbers_.find(oldest.id); found != numbers_.end() && found->second == first_)
    numbers_.erase(found);
  tasks_.pop_front();
  ++first_;
}

const ended_task* task_history::find(const task_id& task) const {
  auto found = numbers_.find(task);
  return found == numbers_.end() ? nullptr : &tasks_[found->second - first_];
}

} // namespace mahavishnu
