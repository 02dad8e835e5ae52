// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_memory_store.hpp"
#include "store/support.hpp"

#include <string>
#include <vector>

namespace mahavishnu::test {

inline std::unique_ptr<memory_store> open_memory(const std::string& path,
                                                 sqlite_use use = sqlite_use::write) {
  return good(open_sqlite_memory(path, use));
}

/// Ended at millisecond 1000 * n.
inline memory_record memory(std::uint64_t n, const std::string& title, const std::string& content,
                            const std::string& pool = "pool_1") {
  return {task_number(n),
          pool_id{pool},
          "name of " + pool,
          "mahavishnu",
          "shell",
          worker_id{"worker_" + std::to_string(n % 3)},
          2,
          static_cast<wall_time>(1000 * n),
          {},
          title,
          content};
}

inline remembered remember(memory_store& store, const std::vector<memory_record>& records,
                           const std::string& cursor = "") {
  return good(store.remember(records, cursor));
}

inline memory_query looking_for(const std::string& text, std::size_t limit = 20) {
  memory_query query;
  query.text = text;
  query.limit = limit;
  query.time = std::chrono::minutes{1};
  return query;
}

/// All of it, and nothing is damaged.
inline memory_page searched(memory_store& store, const memory_query& query) {
  auto page = good(store.search(query));
  for (const auto& each : page.damaged)
    FAIL(each.message);
  CHECK_FALSE(page.is_cut);
  return page;
}

/// The newest record of each hit.
inline std::vector<std::uint64_t> numbers_of(const memory_page& page) {
  std::vector<std::uint64_t> numbers;
  for (const auto& each : page.hits)
    numbers.push_back(each.newest.task.high());
  return numbers;
}

inline std::vector<std::uint64_t> numbers_found(memory_store& store, const std::string& text) {
  return numbers_of(searched(store, looking_for(text)));
}

/// What nothing is wrong with.
inline memory_report checked(memory_store& store) {
  auto report = good(store.check());
  for (const auto& problem : report.problems)
    FAIL_CHECK(problem);
  return report;
}

} // namespace mahavishnu::test
