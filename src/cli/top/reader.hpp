// SPDX-License-Identifier: MIT
#pragma once

#include "cli/session.hpp"
#include "cli/top/snapshot.hpp"

namespace mahavishnu::cli::top {

/// Asks the server for what a picture needs, with as few questions as that takes: two, and one for
/// each thing that was wished for; more only where the newest tasks are not those that run.
class snapshot_reader {
public:
  result<snapshot> read(session& server, const snapshot_wish& wish);

  /// No pool takes longer than 5 s to be described by its manager.
  static constexpr std::chrono::seconds limit{8};

private:
  result<std::vector<task_line>> tasks(session& server, const snapshot_wish& wish,
                                       const std::string& status);
  result<void> add_tasks(session& server, const snapshot_wish& wish, snapshot& now);
  result<void> add_workers(session& server, const snapshot_wish& wish, snapshot& now);

  /// Which worker has an attempt does not change.
  std::map<std::pair<task_id, std::int32_t>, worker_id> known_;
};

} // namespace mahavishnu::cli::top
