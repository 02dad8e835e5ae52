// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::test {

/// The calls of SQLite that reach the disk.
enum class disk_call { read, write, truncate, sync, map, open, remove };

/// How such a call fails.
struct disk_fault {
  /// SQLite's code for it.
  int code = SQLITE_OK;
  int system_error = 0;
  /// Of a write: half of it is done all the same.
  bool is_half_done = false;
  /// Whether all calls after it fail too.
  bool stays = false;
  /// Hits no other calls.
  std::optional<disk_call> only;
};

/// What can be wrong with a disk, and its name.
const std::vector<std::pair<std::string, disk_fault>>& disk_faults();

/// Between SQLite and the disk as long as it lives: counts the calls that a fault can hit, and lets
/// one of them fail. Syncs are only noted, waiting for a lock is left out, and a scratch directory
/// made meanwhile is in memory where the system has one there: tests have no time.
class faulty_disk {
public:
  faulty_disk();
  ~faulty_disk();
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;

  /// The `nth` call from now on (from 1) of those that write something, or those that read if the
  /// fault is one of reading.
  void fail(std::size_t nth, disk_fault fault);
  void mend();
  bool has_failed() const;

  /// From now on, what each file has at its last sync is remembered.
  void remember_syncs();
  /// What a power cut would leave of a file; nothing when it was not synced since.
  std::optional<std::string> synced(const std::string& path) const;
  /// Calls it before anything is written, cut or synced, unless it does so itself.
  void before_each_write(std::function<void()> call);

private:
  std::optional<std::string> usual_directory_;
};

} // namespace mahavishnu::test
