// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace mahavishnu::store {

/// As databases count rows.
inline std::int64_t row_limit(std::size_t most) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(most, std::numeric_limits<std::int64_t>::max()));
}

/// So that tasks with large outputs do not all come at once: behind these there comes no other.
constexpr std::size_t most_bytes_of_page = std::size_t{8} << 20;

inline std::size_t bytes_in_page(const stored_task& task) {
  return task.work.size() + task.output.size() + task.error_output.size();
}

} // namespace mahavishnu::store
