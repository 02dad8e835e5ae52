// SPDX-License-Identifier: MIT
#pragma once

#include "store/postgres_connection.hpp"

#include <string>
#include <vector>

namespace mahavishnu::store {

/// All that is ever asked of a journal in PostgreSQL and prepared. Many rows are given as one array
/// for each column.
struct postgres_statements {
  postgres_statements();

  postgres_statement begin{"begin", "begin"};
  postgres_statement commit{"commit", "commit"};

  // -- writing ------------------------------------------------------------------------------------

  /// Divides by zero when the totals are not as they were written. Takes the root of a negative
  /// number when they were signed by another.
  postgres_statement trust_totals;
  postgres_statement claim;
  postgres_statement note_span;
  postgres_statement take_back;
  postgres_statement put_pools;
  postgres_statement drop_pools;
  postgres_statement open_tasks;
  postgres_statement move_tasks;
  postgres_statement end_tasks;
  postgres_statement forget;
  /// And whether it is one of ours.
  postgres_statement last_span;
  /// Of everything; not prepared, since it is not planned as the others are.
  postgres_statement count_again;

  // -- reading ------------------------------------------------------------------------------------

  postgres_statement pools;
  postgres_statement totals;
  postgres_statement find;
  postgres_statement find_head;
  postgres_statement find_pool;
  postgres_statement newest;
  postgres_statement keyed;
  postgres_statement with_status;
  postgres_statement ended_with_status;
  postgres_statement of_pool;
  postgres_statement ended_of_pool;
  /// And where each is in the list of ends, with nothing else when only the list has it.
  postgres_statement ended_after;
  /// Nothing but the next place in that list.
  postgres_statement next_end;

  std::vector<postgres_statement> for_writing() const;
  std::vector<postgres_statement> for_reading() const;
};

/// The one instance.
const postgres_statements& postgres_sql();

/// The columns of a task as `postgres_session::read_task` expects them.
const std::string& task_head();
const std::string& whole_task();

} // namespace mahavishnu::store
