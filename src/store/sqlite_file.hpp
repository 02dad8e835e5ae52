// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite_connection.hpp"
#include "store/sqlite_use.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::store {

/// What there is to say of a file of a kind.
struct sqlite_file_kind {
  /// As people call it: "journal".
  std::string_view name;
  std::span<const char* const> schema;
  /// The memory that a connection takes, in KiB.
  int cache = 0;
  /// Whether a commit waits for the disk. If not, a power cut may take the last ones, all behind
  /// some instant; a crash of the program takes none.
  bool is_commit_synced = true;
  /// After how many pages in the log they are put where they belong. Most are written many times
  /// before that: the more, the less is written, and the more room the log takes.
  int checkpoint_pages = 0;
  /// Whether what is deleted is overwritten at once, also where a page that is free now would not
  /// have to be written again.
  bool is_deleted_overwritten = true;
};

/// Makes the file if it is not there, for our user alone. Never opens one that is: to close it
/// again would give up the locks that this program has on it.
result<void> make_file(const std::string& path, std::string_view kind);
/// An error when it is not there.
result<void> find_file(const std::string& path, std::string_view kind);

/// A connection to a file that is there, with a log, and with the schema that is known. What is not
/// ours or newer is left as it is.
result<sqlite_connection> open_file(const std::string& path, sqlite_use use,
                                    const sqlite_file_kind& kind);

/// Empties the log of a connection now and then after a change.
class log_emptying {
public:
  log_emptying() = default;
  log_emptying(const sqlite_connection& connection, const sqlite_file_kind& kind);

  /// Says each failure once, and not again before it went well.
  int take_failure() const;

private:
  struct state {
    int checkpoint_pages = 0;
    /// From so many pages on, whoever reads is waited for.
    int waiting_pages = 0;
    int failure = SQLITE_OK;
  };
  static int empty(void* state, sqlite3* connection, const char* name, int pages);

  std::unique_ptr<state> state_; // shared with SQLite
};

} // namespace mahavishnu::store
