// SPDX-License-Identifier: MIT
#pragma once

#include "base/checksum.hpp"
#include "store/journal_records.hpp"

#include <concepts>
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
    record_sum sum;
    sum.add(pool.value);
    sum.add(record);
    return sum.sum_.value();
  }
  static std::uint32_t of_total(std::string_view of, std::uint64_t count, std::uint64_t digest) {
    record_sum sum;
    sum.add(of);
    sum.add(count);
    sum.add(digest);
    return sum.sum_.value();
  }
  static std::uint32_t of_opened(const task_id& task, std::string_view pool, wall_time at,
                                 std::string_view key, std::string_view work) {
    record_sum sum{task};
    sum.add(pool);
    sum.add(at);
    sum.add(key);
    sum.add(work);
    return sum.sum_.value();
  }
  static std::uint32_t of_state(const task_id& task, std::uint8_t status, std::int32_t attempt,
                                std::optional<wall_time> ended_at, std::string_view progress,
                                std::string_view result) {
    record_sum sum{task};
    sum.add(status);
    sum.add(attempt);
    sum.add(static_cast<std::uint8_t>(ended_at.has_value()));
    sum.add(ended_at.value_or(0));
    sum.add(progress);
    sum.add(result);
    return sum.sum_.value();
  }
  static std::uint32_t of_output(const task_id& task, std::string_view output,
                                 std::string_view error_output) {
    record_sum sum{task};
    sum.add(output);
    sum.add(error_output);
    return sum.sum_.value();
  }

private:
  record_sum() = default;
  explicit record_sum(const task_id& task) {
    add(task.high());
    add(task.low());
  }

  template <std::integral Number>
  void add(Number value) {
    char bytes[sizeof(Number)];
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i & 0xFF);
    sum_.add({bytes, sizeof(Number)});
  }
  void add(std::string_view text) {
    add(static_cast<std::uint32_t>(text.size()));
    sum_.add(text);
  }

  checksum sum_;
};

} // namespace mahavishnu::store
