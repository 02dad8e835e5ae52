// SPDX-License-Identifier: MIT
#pragma once

#include "store/coalesce.hpp"
#include "store/record_sums.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mahavishnu::store {

/// Where a task stands after a change, whichever that is. Points into the change.
struct task_state {
  static task_state after(const task_change& last) {
    if (const auto* ended = last.ended)
      return {ended->status, ended->attempt, ended->at,          ended->progress,
              ended->result, ended->output,  ended->error_output};
    if (const auto* moved = last.moved)
      return {moved->status, moved->attempt, std::nullopt, moved->progress, {}, {}, {}};
    return {last.opened->status, 0, std::nullopt, {}, {}, {}, {}};
  }

  std::uint32_t sum(const task_id& task) const {
    return record_sum::of_state(task, status, attempt, ended_at, progress, result);
  }

  std::uint8_t status = 0;
  std::int32_t attempt = 0;
  std::optional<wall_time> ended_at;
  std::string_view progress;
  std::string_view result;
  std::string_view output;
  std::string_view error_output;
};

} // namespace mahavishnu::store
