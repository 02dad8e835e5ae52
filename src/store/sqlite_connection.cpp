// SPDX-License-Identifier: MIT
#include "store/sqlite_connection.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace mahavishnu::store {

namespace {

/// How long one waits for another program that has the file.
constexpr int busy_milliseconds = 5000;

bool is_full(int code, int system_error) {
  return (code & 0xFF) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT ||
         system_error == EFBIG;
}

/// What the system said to the call that failed, if that can be found out.
int system_error_of(sqlite3* connection, int code) {
  if (int known = sqlite3_system_errno(connection); known != 0 || (code & 0xFF) != SQLITE_IOERR)
    return known;
  // A commit does not tell; the files of the connection remember theirs.
  for (int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int known = 0;
    if (sqlite3_file_control(connection, "main", which, &file) == SQLITE_OK && file != nullptr &&
        file->pMethods != nullptr &&
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &known) == SQLITE_OK &&
        known != 0)
      return known;
  }
  return 0;
}

} // namespace

bool sqlite_run::next() {
  return step() == SQLITE_ROW && (code_ = SQLITE_OK, true);
}

std::string_view sqlite_run::bytes(int column) const {
  // In this order: the size is that of the form that was asked for.
  const void* data = sqlite3_column_blob(statement_, column);
  auto size = sqlite3_column_bytes(statement_, column);
  return data ? std::string_view{static_cast<const char*>(data), static_cast<std::size_t>(size)}
              : std::string_view{};
}

void sqlite_run::bind(int at, std::string_view text) {
  note(sqlite3_bind_text64(statement_, at, text.data() ? text.data() : "", text.size(),
                           SQLITE_STATIC, SQLITE_UTF8));
}

void sqlite_run::bind(int at, blob value) {
  note(sqlite3_bind_blob64(statement_, at, value.bytes.data() ? value.bytes.data() : "",
                           value.bytes.size(), SQLITE_STATIC));
}

result<sqlite_connection> sqlite_connection::open(const std::string& path, int flags,
                                                  std::string_view kind) {
  sqlite_connection opened;
  opened.path_ = path;
  opened.kind_ = kind;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &handle,
                             flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  opened.handle_.reset(handle); // there is one after a failure too
  if (code != SQLITE_OK)
    return opened.failure("open", code);
  sqlite3_busy_timeout(handle, busy_milliseconds);
  return opened;
}

int sqlite_connection::execute(const std::string& sql) const {
  return sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

sqlite_statement sqlite_connection::prepare(const std::string& sql, int& code) const {
  sqlite3_stmt* statement = nullptr;
  if (code == SQLITE_OK)
    code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                              SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return sqlite_statement{statement};
}

error sqlite_connection::failure(std::string_view what, int code) const {
  has_damage_ |= is_damage(code) || (code & 0xFF) == SQLITE_CONSTRAINT;
  return sqlite_failure(what, path_, code, handle_ ? system_error_of(handle_.get(), code) : 0,
                        kind_);
}

std::uint64_t file_size(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

error sqlite_failure(std::string_view what, const std::string& path, int code, int system_error,
                     std::string_view kind) {
  auto say = [&](errc number, const std::string& why) {
    return error{number, "cannot " + std::string(what) + " the " + std::string(kind) + " '" + path +
                             "': " + why};
  };
  auto system_says = system_error != 0 ? std::generic_category().message(system_error)
                                       : std::string(sqlite3_errstr(code));
  switch (code & 0xFF) {
  case SQLITE_FULL:
  case SQLITE_IOERR:
    if (is_full(code, system_error))
      return say(errc::io_failed, "there is no room on the disk; make some, and it goes on");
    return say(errc::io_failed, system_says + "; look at the disk and at the log of the system");
  case SQLITE_READONLY:
    return say(errc::io_failed, "it may only be read; look at the rights and the owner of the file "
                                "and of its directory");
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return say(errc::io_failed, system_says + "; look at its directory, its rights and its owner");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return say(errc::io_failed, "another program has had it locked for " +
                                    std::to_string(busy_milliseconds / 1000) +
                                    " s; end that one, or try again");
  case SQLITE_NOTADB:
    return say(errc::io_failed,
               "it is no SQLite file; restore a backup, or move it and its -wal and -shm away to "
               "begin anew");
  case SQLITE_CORRUPT:
  case SQLITE_CONSTRAINT: // nobody writes what would be against a rule of the schema
  case SQLITE_ERROR:      // nor says what a schema that is whole does not understand
    return say(errc::io_failed, "the file is damaged; have it checked, and restore a backup");
  case SQLITE_TOOBIG:
    return say(errc::invalid_argument, "a record is larger than the 1 GB that SQLite takes");
  case SQLITE_NOMEM: return say(errc::io_failed, "there is no memory left");
  default: return say(errc::io_failed, sqlite3_errstr(code));
  }
}

} // namespace mahavishnu::store
