// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"

#include <span>
#include <vector>

namespace mahavishnu::store {

/// What becomes of one task within a span of changes. Points into that span.
struct task_change {
  task_id task;
  /// Nothing when the task is known before.
  const task_opened* opened = nullptr;
  /// Where it stands in the end; nothing when it has ended.
  const task_moved* moved = nullptr;
  const task_ended* ended = nullptr;
};

/// The changes of tasks with as few writes as there can be, in the order in which they have to be
/// written: mostly one for each task, since what comes later says all that counts.
std::vector<task_change> coalesce(std::span<const change> changes);

} // namespace mahavishnu::store
