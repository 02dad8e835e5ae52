// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// How many there are and which: two that agree are of the same ones.
struct record_total {
  std::uint64_t count = 0;
  std::uint64_t digest = 0;

  void add(const task_id& task);
  void remove(const task_id& task);
  void add(const pool_id& pool);
  void remove(const pool_id& pool);
  void add(const record_total& other) {
    count += other.count;
    digest += other.digest;
  }

  friend bool operator==(const record_total&, const record_total&) = default;
};

struct record_totals {
  record_total pools;
  record_total open;
  record_total ended;

  friend bool operator==(const record_totals&, const record_totals&) = default;
};

/// What was found of a task: nothing when there is none, or one that is damaged.
struct found_task {
  std::optional<stored_task> task;
  std::optional<error> damaged;
};

/// An open journal with all that is ever asked of it, prepared.
struct sqlite_session {
  static const sqlite_file_kind& kind();
  static result<sqlite_session> open(const std::string& path, sqlite_use use);

  sqlite_connection connection;
  log_emptying log;

  sqlite_statement has_pool, put_pool, drop_pool, pools;
  sqlite_statement insert, move, end, forget;
  sqlite_statement totals, set_totals;
  sqlite_statement find, find_without_output;
  sqlite_statement open_tasks, open_newest_first, newest, keyed;
  sqlite_statement ended_by_status, ended_by_pool, statuses_of_all, statuses_of_pool, ended_first;
  sqlite_statement ended_after;
  sqlite_statement every_task, every_task_backwards, every_state;

  // -- reading ----------------------------------------------------------------------------------

  /// The task of the row: what columns `find` and `every_task` have, from `column` on. An error
  /// when a checksum does not agree.
  result<stored_task> read_task(const task_id& task, const sqlite_run& row, int column,
                                bool with_output) const;
  result<found_task> find_task(const task_id& task, bool with_output) const;
  /// Nothing when they are damaged: they can be counted again.
  result<std::optional<record_totals>> read_totals() const;
  result<record_totals> count_again() const;
  /// SQLite's code.
  int write_totals(const record_totals& all) const;
  /// All rows of tasks, behind a damaged page too, with the code of what stood between them if
  /// anything did. An id that cannot be read is nothing.
  int each_task(const std::function<void(std::optional<task_id>, const sqlite_run&)>& take) const;

  error damaged(const std::string& what) const;
};

std::string record_name(const task_id& task);

} // namespace mahavishnu::store
