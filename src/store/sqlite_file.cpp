// SPDX-License-Identifier: MIT
#include "store/sqlite_file.hpp"

#include "store/sqlite_schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mahavishnu::store {

namespace {

/// Of a new file. Half as many pages as with the usual 4096 bytes to write for a span of tasks.
constexpr int page_size = 8192;
/// A log in which all was put where it belongs is written from its start again, unless somebody
/// reads it just then. When readers overlap, somebody always does, and it grows until they are
/// waited for: when it has become so many times as large as usual.
constexpr int waits_for_readers = 10;

int set_up(const sqlite_connection& connection, sqlite_use use, const sqlite_file_kind& kind) {
  // What the log keeps of the disk when all in it was put where it belongs.
  auto kept_log_bytes = std::int64_t{2} * kind.checkpoint_pages * page_size;
  auto code =
      connection.execute("pragma page_size = " + std::to_string(page_size) +
                         "; pragma cache_size = -" + std::to_string(kind.cache) +
                         "; pragma cell_size_check = on; pragma trusted_schema = off"
                         "; pragma synchronous = " +
                         (kind.is_commit_synced ? "full" : "normal") +
                         "; pragma journal_size_limit = " + std::to_string(kept_log_bytes) +
                         (kind.is_deleted_overwritten ? "" : "; pragma secure_delete = fast"));
  if (use == sqlite_use::read)
    sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return code;
}

/// What has been said already.
constexpr int said = -1;

result<void> use_log(const sqlite_connection& connection) {
  int code = SQLITE_OK;
  auto change = connection.prepare("pragma journal_mode = wal", code);
  if (code != SQLITE_OK)
    return connection.failure("open", code);
  sqlite_run mode{change};
  if (!mode.next())
    return connection.failure("open", mode.failure());
  if (mode.bytes(0) != "wal")
    return error{errc::unsupported, "cannot keep " + connection.name() +
                                        " there: its file system cannot share memory between "
                                        "programs; choose a local one"};
  return {};
}

result<void> match_schema(const sqlite_connection& connection, sqlite_use use,
                          std::span<const char* const> known) {
  // Before anything is written: what is not ours is left as it is.
  if (auto checked = check_version(connection, known); !checked)
    return checked;
  if (use == sqlite_use::write) {
    if (auto used = use_log(connection); !used)
      return used;
    return bring_up_to_date(connection, known);
  }
  auto version = schema_version(connection);
  if (!version)
    return version.error();
  if (*version == static_cast<int>(known.size()))
    return {};
  return error{errc::incompatible,
               connection.name() +
                   (*version == 0 ? " is empty" : " was written by an older version") +
                   "; start the server once, and it is brought up to date"};
}

} // namespace

result<void> make_file(const std::string& path, std::string_view kind) {
  struct stat status {};
  bool is_there = ::stat(path.c_str(), &status) == 0;
  // SQLite would throw the log away.
  if ((!is_there || status.st_size == 0) && file_size(path + "-wal") > 0)
    return error{errc::io_failed, "there is a log '" + path +
                                      "-wal' and nothing that it belongs to: '" + path +
                                      "' is missing or empty; put it back, or move the log away"};
  if (is_there) {
    if (!S_ISREG(status.st_mode))
      return error{errc::invalid_argument, "the " + std::string{kind} + " '" + path +
                                               "' is no file; name one, or move it away"};
    if ((status.st_mode & 0077) != 0 && ::chmod(path.c_str(), 0600) != 0 && errno != EROFS)
      return sqlite_failure("keep others from", path, SQLITE_PERM, errno, kind);
    return {};
  }
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno != EEXIST)
    return sqlite_failure("make", path, SQLITE_CANTOPEN, errno, kind);
  if (descriptor >= 0)
    ::close(descriptor);
  return {};
}

result<void> find_file(const std::string& path, std::string_view kind) {
  if (::access(path.c_str(), F_OK) == 0)
    return {};
  return error{errc::not_found, "there is no " + std::string{kind} + " '" + path +
                                    "'; name the one that is meant (a server makes it when it "
                                    "starts)"};
}

result<sqlite_connection> open_file(const std::string& path, sqlite_use use,
                                    const sqlite_file_kind& kind) {
  auto flags = use == sqlite_use::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  auto connection = sqlite_connection::open(path, flags, kind.name);
  if (!connection)
    return connection;
  if (int code = set_up(*connection, use, kind); code != SQLITE_OK)
    return connection->failure("open", code);
  if (auto matched = match_schema(*connection, use, kind.schema); !matched)
    return matched.error();
  return connection;
}

log_emptying::log_emptying(const sqlite_connection& connection, const sqlite_file_kind& kind)
    : state_(std::make_unique<state>(
          state{kind.checkpoint_pages, waits_for_readers * kind.checkpoint_pages})) {
  sqlite3_wal_hook(connection.get(), empty, state_.get());
}

/// SQLite calls it after each change, and would itself say nothing of a failure.
int log_emptying::empty(void* of, sqlite3* connection, const char* name, int pages) {
  auto& log = *static_cast<state*>(of);
  auto usual_wait = waits_for_readers * log.checkpoint_pages;
  if (pages < usual_wait)
    log.waiting_pages = usual_wait;
  if (pages < log.checkpoint_pages)
    return SQLITE_OK;
  bool waits = pages >= log.waiting_pages;
  int code = sqlite3_wal_checkpoint_v2(
      connection, name, waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, nullptr,
      nullptr);
  if (waits) // in vain, maybe: then not again with the next change
    log.waiting_pages = pages + log.checkpoint_pages;
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY)
    log.failure = SQLITE_OK;
  else if (log.failure == SQLITE_OK)
    log.failure = code;
  return SQLITE_OK; // the change itself is on disk
}

int log_emptying::take_failure() const {
  if (state_->failure == SQLITE_OK || state_->failure == said)
    return SQLITE_OK;
  return std::exchange(state_->failure, said);
}

} // namespace mahavishnu::store
