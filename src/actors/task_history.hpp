// SPDX-License-Identifier: MIT
#pragma once

#include "actors/pool_task.hpp"
#include "mahavishnu/messages/task.hpp"

#include <boost/circular_buffer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace mahavishnu {

/// A task that has ended, in the room it needs from then on.
struct ended_task {
  task_id id;
  task_machine machine;
  shared_spec spec{};
  route_note route{};
  shared_text output{};
  shared_text standard_error{};
  shared_text error{};
  /// Only when another pool has run it.
  std::unique_ptr<const std::pair<pool_id, worker_id>> elsewhere{};
  std::chrono::nanoseconds duration{0};
  std::int32_t exit_code = -1;
  std::int32_t given_back = 0;
  /// The number of the worker of the last attempt.
  std::uint32_t worker = 0;
  bool truncated = false;

  std::int32_t attempts() const { return machine.attempt() - given_back; }
  std::size_t output_bytes() const { return output.str().size() + standard_error.str().size(); }
};

/// The tasks of a pool that ended last: at most so many, with at most so much output. The last one
/// is kept in any case.
class task_history {
public:
  task_history(std::size_t most_tasks, std::size_t most_bytes);

  /// Forgets the oldest ones when it becomes too much.
  void add(ended_task&& task);

  /// Null when it has been forgotten.
  const ended_task* find(const task_id& task) const;
  std::size_t size() const { return tasks_.size(); }

  /// Calls `f(const ended_task&)` for all of them.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& each : tasks_)
      f(each);
  }

private:
  void forget_oldest();

  std::size_t most_tasks_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  boost::circular_buffer<ended_task> tasks_; // the oldest first
  std::uint64_t first_ = 0;                  // how many have been forgotten
  /// How many had ended before that one.
  boost::unordered_flat_map<task_id, std::uint64_t, std::hash<task_id>> numbers_;
};

} // namespace mahavishnu
