// SPDX-License-Identifier: MIT
#pragma once

#include "store/field_sum.hpp"
#include "store/journal_records.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mahavishnu::store {

/// The checksums of a record, over all that is in it. A task has three, each with its id in it: of
/// what never changes, of where it stands, and of what it has written, so that nobody has to read
/// the others to change or to check one.
class record_sum {
public:
  static std::uint32_t of_pool(const pool_id& pool, std::string_view record) {
    return field_sum::of(pool.value, record);
  }
  static std::uint32_t of_total(std::string_view of, std::uint64_t count, std::uint64_t digest) {
    return field_sum::of(of, count, digest);
  }
  static std::uint32_t of_opened(const task_id& task, std::string_view pool, wall_time at,
                                 std::string_view key, std::string_view work) {
    return field_sum::of(task.high(), task.low(), pool, at, key, work);
  }
  static std::uint32_t of_state(const task_id& task, std::uint8_t status, std::int32_t attempt,
                                std::optional<wall_time> ended_at, std::string_view progress,
                                std::string_view result) {
    return field_sum::of(task.high(), task.low(), status, attempt,
                         static_cast<std::uint8_t>(ended_at.has_value()), ended_at.value_or(0),
                         progress, result);
  }
  static std::uint32_t of_output(const task_id& task, std::string_view output,
                                 std::string_view error_output) {
    return field_sum::of(task.high(), task.low(), output, error_output);
  }
};

} // namespace mahavishnu::store
