// SPDX-License-Identifier: MIT
#pragma once

#include "actors/moment.hpp"
#include "actors/task_machine.hpp"
#include "mahavishnu/messages/task.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace mahavishnu {

/// Whom a task is for, to whoever carries out what the core of a pool decides; 0 for nobody.
using requester_number = std::uint32_t;

/// What a timer of a task is about.
struct task_due {
  enum kind : std::uint8_t { next_attempt, deadline, end_of_wait } what;
  task_id task;
};
using task_timers = std::multimap<moment, task_due>;

/// What an attempt has written that was not the last one.
struct attempt_output {
  shared_text output;
  shared_text standard_error;
  bool truncated = false;

  std::size_t bytes() const { return output.str().size() + standard_error.str().size(); }
};

/// A task of a pool that has not ended.
struct pool_task {
  pool_task(moment now, task_status first, shared_text reason)
      : machine(now, first, std::move(reason)) {}

  task_machine machine;
  shared_spec spec;
  route_note route;
  requester_number requester = 0;
  /// The number of its worker; 0 while it has none.
  std::uint32_t worker = 0;
  /// Its neighbours on that worker.
  pool_task* previous = nullptr;
  pool_task* next = nullptr;
  task_id id;
  std::chrono::milliseconds timeout{0};
  moment deadline = moment::max();
  std::optional<task_timers::iterator> deadline_timer;
  std::optional<task_timers::iterator> other_timer;
  /// Only when it differs from that of the pool.
  std::unique_ptr<const retry_policy> retry;
  /// Attempts that came to nothing, since another pool gave the task back.
  std::int32_t given_back = 0;
  /// The attempt of an earlier server whose process is to be waited for; 0: none. And how long it
  /// has run already.
  std::int32_t goes_on = 0;
  std::chrono::milliseconds has_run{0};
  /// The attempt that has started its process, which bears that number for ever.
  std::int32_t process = 0;
  /// Until the next attempt begins.
  std::unique_ptr<const attempt_output> last_output;
  bool movable = false;
  /// Another pool has it; and our manager does not count it as ours any more.
  bool delegated = false;
  bool away = false;
  bool cancelled = false;
  bool waits_for_room = false;

  /// Of one that was parked.
  std::optional<moment> next_attempt() const {
    if (!other_timer || (*other_timer)->second.what != task_due::next_attempt)
      return std::nullopt;
    return (*other_timer)->first;
  }

  /// How often it really ran, or runs.
  std::int32_t attempts() const { return machine.attempt() - given_back; }
};

} // namespace mahavishnu
