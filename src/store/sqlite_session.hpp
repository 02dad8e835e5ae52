// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// How many tasks there are and which: two that agree are of the same tasks.
struct task_total {
  std::uint64_t count = 0;
  std::uint64_t digest = 0;

  void add(const task_id& task);
  void remove(const task_id& task);
  void add(const task_total& other) {
    count += other.count;
    digest += other.digest;
  }

  friend bool operator==(const task_total&, const task_total&) = default;
};

struct task_totals {
  task_total open;
  task_total ended;

  friend bool operator==(const task_totals&, const task_totals&) = default;
};

/// An open journal with all that is ever asked of it, prepared.
struct sqlite_session {
  static result<sqlite_session> open(const std::string& path, sqlite_use use);

  sqlite_connection connection;

  sqlite_statement put_pool, drop_pool, pools;
  sqlite_statement insert, move, end, forget;
  sqlite_statement totals, set_totals;
  sqlite_statement find, find_without_output;
  sqlite_statement open_tasks, open_newest_first, newest, keyed;
  sqlite_statement ended_by_status, ended_by_pool, statuses_of_pool, ended_first;
  sqlite_statement every_task, every_task_backwards;

  // -- reading
  // -------------------------------------------------------------------------------------

  /// The task of the row: what columns `find` and `every_task` have, from `column` on. An error
  /// when a checksum does not agree.
  result<stored_task> read_task(const task_id& task, const sqlite_run& row, int column,
                                bool with_output) const;
  result<std::optional<stored_task>> find_task(const task_id& task, bool with_output) const;
  result<task_totals> read_totals() const;
  /// All rows of tasks, behind a damaged page too, with the code of what stood between them if
  /// anything did. An id that cannot be read is nothing.
  int each_task(const std::function<void(std::optional<task_id>, const sqlite_run&)>& take) const;

  error damaged(const std::string& what) const;
};

std::string record_name(const task_id& task);

} // namespace mahavishnu::store
