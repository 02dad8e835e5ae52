// SPDX-License-Identifier: MIT
#include "store/backup_file.hpp"

#include "base/durable_file.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace mahavishnu::store {

namespace {

error already_there(const std::string& path) {
  return {errc::already_exists,
          "'" + path + "' is there already; name a file that is not, or remove it"};
}

error system_refused(const std::string& path) {
  return backup_failure(path, std::generic_category().message(errno) +
                                  "; look at the rights of its directory and at the free space");
}

/// Whether it is one file without a log, which can be read anywhere. `ask` may make it one first.
int is_without_log(const std::string& file, int flags, const char* ask) {
  auto connection = sqlite_connection::open(file, flags);
  if (!connection)
    return SQLITE_CANTOPEN;
  int code = SQLITE_OK;
  auto asked = connection->prepare(ask, code);
  if (code != SQLITE_OK)
    return code;
  sqlite_run mode{asked};
  if (mode.next() && mode.bytes(0) != "delete")
    return SQLITE_IOERR; // it does not say why it did not work
  return mode.failure();
}

result<void> leave_log(const std::string& file, const std::string& wanted) {
  int code = is_without_log(file, SQLITE_OPEN_READWRITE, "pragma journal_mode = delete");
  // As the file says itself, and not a connection that has just failed to write it.
  if (code == SQLITE_OK)
    code = is_without_log(file, SQLITE_OPEN_READONLY, "pragma journal_mode");
  if (code == SQLITE_OK)
    return {};
  return backup_failure(wanted, std::string{sqlite3_errstr(code)} + "; look at the free space");
}

/// A copy of something damaged is no backup, and whoever needs it finds out too late.
result<void> check_copy(const std::string& file, const std::string& wanted) {
  auto copy = open_sqlite(file, sqlite_use::read);
  if (!copy)
    return copy.error();
  auto report = (*copy)->check();
  if (!report)
    return report.error();
  if (report->problems.empty())
    return {};
  return backup_failure(wanted, std::to_string(report->problems.size()) +
                                    " problems were found in what was copied, the first one: " +
                                    report->problems.front());
}

/// Gives the file its name, unless another one has it.
result<void> name_copy(const std::string& file, const std::string& path) {
  if (auto synced = sync_to_disk(file); !synced)
    return synced;
  if (::link(file.c_str(), path.c_str()) != 0)
    return errno == EEXIST ? already_there(path) : system_refused(path);
  return sync_to_disk(std::filesystem::absolute(path).parent_path());
}

} // namespace

error backup_failure(const std::string& path, const std::string& why) {
  return {errc::io_failed, "cannot back up the journal to '" + path + "': " + why};
}

result<void> make_backup(const std::string& path,
                         const std::function<result<void>(const std::string&)>& write) {
  if (::access(path.c_str(), F_OK) == 0)
    return already_there(path);
  auto beside = path + ".unfinished.XXXXXX";
  int descriptor = ::mkostemp(beside.data(), O_CLOEXEC); // for our user alone
  if (descriptor < 0)
    return system_refused(path);
  ::close(descriptor);
  auto copied = write(beside);
  if (copied)
    copied = leave_log(beside, path);
  if (copied)
    copied = check_copy(beside, path);
  if (copied)
    copied = name_copy(beside, path);
  // All of it when that went wrong; otherwise what may be left of turning it into one file.
  for (const auto* end : {"", "-journal", "-wal", "-shm"})
    ::unlink((beside + end).c_str());
  return copied;
}

} // namespace mahavishnu::store
