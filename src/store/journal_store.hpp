// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "store/journal_records.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// What was found, and an error for each record among it that is damaged.
template <class Record>
struct found {
  std::vector<Record> records;
  std::vector<error> damaged;
};

/// Which tasks a list is to have.
struct task_filter {
  /// Empty: of all pools.
  pool_id pool;
  /// Empty: whatever their status.
  std::vector<std::uint8_t> statuses;
  /// Only older ones than this; empty: from the newest on.
  task_id before;
  std::size_t limit = 100;
  /// Without those that have not ended.
  bool only_ended = false;
};

/// Tasks in the order in which they have ended.
struct ended_tasks {
  found<stored_task> tasks;
  /// Where to go on: of the last one that was looked at, damaged or not.
  end_position last;
};

/// How many tasks that have ended are kept.
struct retention {
  /// Those that ended before it go; 0: none for their age.
  wall_time ended_before = 0;
  /// The oldest go when there are more; 0: none for their number.
  std::uint64_t most = 0;
};

/// What a look at everything has found.
struct store_report {
  std::uint64_t pools = 0;
  std::uint64_t open_tasks = 0;
  std::uint64_t ended_tasks = 0;
  std::uint64_t bytes = 0;
  /// A sentence for each record that is damaged, and for whatever else is wrong.
  std::vector<std::string> problems;
};

/// One connection to the journal: pools, and tasks with what became of them. Whoever writes has the
/// only connection that does; others may read meanwhile. Blocks; belongs to one thread at a time.
///
/// Each record has a checksum. One that does not agree is an error that names the record, and never
/// taken for something else.
class journal_store {
public:
  virtual ~journal_store() = default;

  /// Writes all of them, or none and says why. On disk when it returns. A change of a task that is
  /// not known, or that has ended, is left out, and so is a task that is known already.
  virtual result<void> apply(std::span<const change> changes) = 0;

  virtual result<found<stored_pool>> pools() = 0;

  /// Those that have not ended, the oldest first. A damaged one comes as an error, and those behind
  /// it still come. `take` may not use the store.
  virtual result<void> each_open(const std::function<void(result<stored_task>)>& take) = 0;

  /// Nothing when it is not known (any more).
  virtual result<std::optional<stored_task>> find(const task_id& task) = 0;

  /// The newest first, without what they have written. Damaged ones count as others do.
  virtual result<found<stored_task>> list(const task_filter& wanted) = 0;

  /// The newest tasks that have a key, the newest first, without what they have written.
  virtual result<found<stored_task>> keyed(std::size_t most) = 0;

  /// Those that ended behind the position and earlier than `before`, by time and then by id, with
  /// all that they have written. No more than `most`, and fewer when they have written much; there
  /// are no more when it finds none. Whoever goes on from the last position each time misses no
  /// task, as long as none is written that ended before that.
  virtual result<ended_tasks> ended_after(const end_position& position, wall_time before,
                                          std::size_t most) = 0;

  /// Forgets no more than `step` tasks that need not be kept; how many it were. To be called again
  /// as long as it gives `step`.
  virtual result<std::size_t> forget_ended(const retention& kept, std::size_t step) = 0;

  /// What had to be left out or mended since this was asked last, a sentence each.
  virtual std::vector<std::string> take_warnings() { return {}; }

  // -- care --------------------------------------------------------------------------------------

  /// Reads everything.
  virtual result<store_report> check() = 0;
  /// A consistent copy in a new file, while others go on.
  virtual result<void> backup(const std::string& path) = 0;
  /// Gives space back to the system. For when nobody else uses it: others would have to wait.
  virtual result<void> compact() = 0;
};

} // namespace mahavishnu::store
