// SPDX-License-Identifier: MIT
#pragma once

#include "store/journal_store.hpp"
#include "store/memory_records.hpp"

#include <span>
#include <string>
#include <vector>

namespace mahavishnu::store {

/// One connection to the memory: what tasks that have ended leave behind, to be searched and to be
/// sent to others. Whoever writes has the only connection that does; others may read meanwhile.
/// Blocks; belongs to one thread at a time.
///
/// Each record has a checksum. One that does not agree is an error that names the record, and never
/// taken for something else. All of it can be collected from the journal again.
class memory_store {
public:
  virtual ~memory_store() = default;

  /// Writes all of them and the cursor, or nothing and says why. A task is remembered once, and
  /// equal contents are kept once.
  virtual result<remembered> remember(std::span<const memory_record> records,
                                      const std::string& cursor) = 0;

  /// The last one that was written; empty at first. After a power cut it may be an earlier one, and
  /// then what was remembered with later ones is gone as well.
  virtual result<std::string> cursor() = 0;

  /// Nothing when it is not known (any more).
  virtual result<std::optional<memory_record>> find(const task_id& task) = 0;

  /// An error only for what cannot be looked for, or cannot be read; never for how a text is
  /// written.
  virtual result<memory_page> search(const memory_query& query) = 0;

  virtual result<memory_stats> stats() = 0;

  /// Forgets no more than `step` records that need not be kept, and what only they had; how many it
  /// were. To be called again as long as it gives `step`.
  virtual result<std::size_t> forget(const retention& kept, std::size_t step) = 0;

  // -- what is sent to others --------------------------------------------------------------------

  /// From now on each content that is new waits for the target, from the transaction on that
  /// remembers it; each is sent once. When `with_all`, so does all that is there and was not sent.
  virtual result<void> enable(const std::string& target, bool with_all) = 0;
  /// What waits for it goes on waiting; nothing is added.
  virtual result<void> disable(const std::string& target) = 0;
  /// What is due, the oldest first, and no more than `most_bytes_waiting`. Damaged ones come
  /// besides, as errors; whoever may write gives them up, so that they come once.
  virtual result<found<outgoing>> waiting(const std::string& target, wall_time now,
                                          std::size_t most) = 0;
  /// Leaves out what does not wait (any more).
  virtual result<void> settle(const std::string& target, std::span<const outcome> outcomes) = 0;
  /// All that were ever enabled, by name.
  virtual result<std::vector<target_state>> targets() = 0;

  // -- care --------------------------------------------------------------------------------------

  /// What had to be left out or mended since this was asked last, a sentence each.
  virtual std::vector<std::string> take_warnings() { return {}; }
  /// Reads everything, and compares it with the index of words.
  virtual result<memory_report> check() = 0;
};

} // namespace mahavishnu::store
