// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/sqlite_store.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::test {

using namespace mahavishnu::store;

/// The ids of tests: made at millisecond `n` of 1970, so that they sort like their numbers.
inline task_id task_number(std::uint64_t n) {
  return {n, 0x8000'0000'0000'0000u + n};
}

inline task_opened opened(const task_id& task, const std::string& pool = "pool_1",
                          std::uint8_t status = 0, const std::string& key = "") {
  return {task, pool_id{pool}, status, 1000, key, "work of " + task.str()};
}

inline task_moved moved(const task_id& task, std::uint8_t status = 1, std::int32_t attempt = 1) {
  return {task, status, attempt, "progress of " + task.str()};
}

inline task_ended ended(const task_id& task, std::uint8_t status = 2, wall_time at = 2000) {
  return {task,          status,    at, 1, "progress to the end", "result of " + task.str(),
          "some output", "an error"};
}

/// What has to be found after one that was opened (and ended).
inline stored_task stored(const task_opened& change) {
  return {change.task,  change.pool, change.status, 0,  change.at,
          std::nullopt, change.key,  change.work,   "", "",
          "",           ""};
}

inline stored_task stored(const task_opened& first, const task_ended& last) {
  return {first.task, first.pool, last.status,   last.attempt, first.at,    last.at,
          first.key,  first.work, last.progress, last.result,  last.output, last.error_output};
}

inline stored_task without_output(stored_task task) {
  task.output.clear();
  task.error_output.clear();
  return task;
}

/// The value of what must not fail.
template <class Value>
Value good(result<Value> given) {
  if (!given)
    FAIL(given.error().message);
  return std::move(*given);
}

/// All of it, and nothing is damaged.
template <class Record>
std::vector<Record> good(result<found<Record>> given) {
  if (!given)
    FAIL(given.error().message);
  for (const auto& each : given->damaged)
    FAIL(each.message);
  return std::move(given->records);
}

inline void good(const result<void>& given) {
  if (!given)
    FAIL(given.error().message);
}

inline std::unique_ptr<journal_store> open_journal(const std::string& path,
                                                   sqlite_use use = sqlite_use::write) {
  return good(open_sqlite(path, use));
}

/// All that have not ended; none may be damaged.
inline std::vector<stored_task> open_tasks(journal_store& store) {
  std::vector<stored_task> open;
  good(store.each_open([&](result<stored_task> each) { open.push_back(good(std::move(each))); }));
  return open;
}

inline stored_task task_in(journal_store& store, const task_id& task) {
  auto there = good(store.find(task));
  if (!there)
    FAIL("there is no " << task.str());
  return *there;
}

/// What nothing is wrong with.
inline store_report checked(journal_store& store) {
  auto report = good(store.check());
  for (const auto& problem : report.problems)
    FAIL_CHECK(problem);
  return report;
}

/// With one bit that is not as it was.
inline std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  return bytes;
}

inline std::vector<task_id> ids_of(const std::vector<stored_task>& tasks) {
  std::vector<task_id> ids;
  for (const auto& each : tasks)
    ids.push_back(each.task);
  return ids;
}

} // namespace mahavishnu::test
