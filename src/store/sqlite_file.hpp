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
  explicit log_emptying(const sqlite_connection& connection);

  /// Says each failure once, and not again before it went well.
  int take_failure() const;

private:
  std::unique_ptr<int> failure_; // shared with SQLite
};

} // namespace mahavishnu::store
