// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/ids.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>

/// What the journal keeps. It does not look into what it keeps: what is called opaque is bytes to
/// it, and statuses are numbers.
namespace mahavishnu::store {

/// Milliseconds since 1970, by the clock on the wall.
using wall_time = std::int64_t;

// -- changes -------------------------------------------------------------------------------------

/// There is this pool; replaces what was known of one with the same id.
struct pool_opened {
  pool_id pool;
  /// Opaque.
  std::string record;
};

/// The pool is no more. Its tasks stay.
struct pool_closed {
  pool_id pool;
};

/// A task was accepted.
struct task_opened {
  task_id task;
  pool_id pool;
  std::uint8_t status = 0;
  wall_time at = 0;
  /// Its idempotency key; empty: none.
  std::string key;
  /// Opaque: what it is to do.
  std::string work;
};

/// A task that has not ended stands there from now on.
struct task_moved {
  task_id task;
  std::uint8_t status = 0;
  std::int32_t attempt = 0;
  /// Opaque: how it came there.
  std::string progress;
};

/// A task has ended. Nothing that comes later changes that.
struct task_ended {
  task_id task;
  std::uint8_t status = 0;
  wall_time at = 0;
  std::int32_t attempt = 0;
  /// Opaque: how it came there.
  std::string progress;
  /// Opaque: all that is to be said of its end but what it has written.
  std::string result;
  std::string output;
  std::string error_output;
};

using change = std::variant<pool_opened, pool_closed, task_opened, task_moved, task_ended>;

// -- what is found again -------------------------------------------------------------------------

struct stored_pool {
  pool_id pool;
  std::string record;
};

struct stored_task {
  task_id task;
  pool_id pool;
  std::uint8_t status = 0;
  std::int32_t attempt = 0;
  wall_time opened_at = 0;
  /// Nothing when it has not ended.
  std::optional<wall_time> ended_at;
  std::string key;
  std::string work;
  std::string progress;
  std::string result;
  std::string output;
  std::string error_output;

  friend bool operator==(const stored_task&, const stored_task&) = default;
};

/// A place in the order in which tasks have ended; as it is made, the one before all of them.
struct end_position {
  wall_time at = std::numeric_limits<wall_time>::min();
  task_id task;

  friend bool operator==(const end_position&, const end_position&) = default;
  friend auto operator<=>(const end_position&, const end_position&) = default; // NOLINT
};

} // namespace mahavishnu::store
