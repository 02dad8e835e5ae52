// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_records.hpp"
#include "store/postgres_connection.hpp"
#include "store/postgres_store.hpp"
#include "store/task_key.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// How many there are and which: two that agree are of the same ones.
struct postgres_total {
  std::uint64_t count = 0;
  std::uint64_t digest = 0;

  void add(const task_id& task) {
    ++count;
    digest ^= task_mark(task);
  }
  void add(const pool_id& pool) {
    ++count;
    digest ^= pool_mark(pool);
  }

  friend bool operator==(const postgres_total&, const postgres_total&) = default;
};

/// How much there is to be.
struct postgres_totals {
  postgres_total pools;
  postgres_total open;
  postgres_total ended;
};

struct read_totals {
  /// Nothing when that cannot be known any more.
  std::optional<postgres_totals> written;
  /// What the index of open tasks has.
  postgres_total listed;
};

/// The server's side of a connection, by which one that was lost is known again.
struct postgres_backend {
  std::int64_t process = 0;
  std::string started;

  friend bool operator==(const postgres_backend&, const postgres_backend&) = default;
};

/// A task as it was found in a row, or why it cannot be read.
struct read_row {
  task_id task;
  bool is_ended = false;
  result<stored_task> read;
};

/// A connection to a journal with the right tables, set up so that what is written is on disk.
struct postgres_session {
  /// One that writes has the schema to itself. `ours` are the connections of ours that were lost:
  /// what is still there of them is ended. Afterwards, those that would have to be the next time.
  static result<postgres_session> open(const postgres_url& url, postgres_use use,
                                       std::vector<postgres_backend>& ours);

  postgres_connection connection;
  postgres_backend backend;
  /// Nothing when what is written there stays there.
  std::string warning;

  // -- reading ------------------------------------------------------------------------------------

  /// The task of a row. An error when a checksum does not agree.
  read_row read_task(const postgres_result& rows, int row, bool with_output) const;
  result<std::optional<stored_task>> find_task(const task_id& task, bool with_output = true);
  /// Those that a list has.
  result<found<stored_task>> heads(const postgres_statement& list, const postgres_values& values);
  /// A pool that is missing is damage as well. @pre in an instant
  result<found<stored_pool>> read_pools();
  result<read_totals> totals();
  /// Of all rows, for whoever signs the spans up to this one. Says what it has counted.
  result<std::string> count_again(const task_id& writer, std::int64_t span);
  /// Those for which a condition holds, the oldest first, behind damaged ones too. An error when
  /// there is no more to be had. @pre in an instant
  result<void> each_task(const std::string& condition, const std::function<void(read_row)>& take,
                         std::chrono::seconds silence = silence_limit);
  /// Those with these ids: one that the server cannot read costs no other. @pre in an instant
  result<void> each_by_itself(const postgres_result& ids, bool with_output,
                              const std::function<void(read_row)>& take);

  error damaged(const std::string& what) const;
  error damaged_pool(const pool_id& pool) const;
};

/// All that is read in it is of one instant.
constexpr const char* begin_instant =
    "begin isolation level repeatable read read only; set local statement_timeout = 0";

/// All that is read in it is read from the tables themselves, and takes the time that it takes.
constexpr const char* without_indices =
    "set local enable_indexscan = off; set local enable_indexonlyscan = off; "
    "set local enable_seqscan = on; set local enable_sort = on; set local statement_timeout = 0";

std::string record_name_of(const task_id& task);

} // namespace mahavishnu::store
