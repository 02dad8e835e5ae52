// SPDX-License-Identifier: MIT
#include "store/sqlite_care.hpp"

#include "store/backup_file.hpp"
#include "store/problems.hpp"
#include "store/record_sums.hpp"

#include <sys/stat.h>

#include <system_error>

namespace mahavishnu::store {

namespace {

void check_pools(const sqlite_session& at, store_report& report, problems& found) {
  sqlite_run row{at.pools};
  while (row.next()) {
    pool_id pool{std::string{row.bytes(0)}};
    ++report.pools;
    if (row.number(2) != record_sum::of_pool(pool, row.bytes(1)))
      found.add(at.damaged("the record of pool '" + pool.value + "'").message);
  }
  if (row.failure() != SQLITE_OK)
    found.add(at.connection.failure("read the pools of", row.failure()).message);
}

void check_tasks(const sqlite_session& at, store_report& report, problems& found) {
  task_totals seen;
  auto code = at.each_task([&](std::optional<task_id> task, const sqlite_run& row) {
    if (!task)
      return found.add(at.damaged("the id of a record").message);
    auto read = at.read_task(*task, row, 1, true);
    if (!read)
      found.add(read.error().message);
    (row.is_null(5) ? seen.open : seen.ended).add(*task);
  });
  if (code != SQLITE_OK)
    found.add(at.connection.failure("read all tasks of", code).message);
  report.open_tasks = seen.open.count;
  report.ended_tasks = seen.ended.count;
  auto written = at.read_totals();
  if (!written)
    found.add(written.error().message);
  else if (*written != seen)
    found.add("the journal '" + at.connection.path() + "' has " + std::to_string(seen.open.count) +
              " open tasks and " + std::to_string(seen.ended.count) +
              " that have ended, and these are not those that were written: " +
              std::to_string(written->open.count) + " and " + std::to_string(written->ended.count));
}

void check_pages(const sqlite_session& at, problems& found) {
  int code = SQLITE_OK;
  auto all = at.connection.prepare("pragma integrity_check(100)", code);
  if (code == SQLITE_OK) {
    sqlite_run row{all};
    while (row.next())
      if (row.bytes(0) != "ok")
        found.add("'" + at.connection.path() + "': " + std::string(row.bytes(0)));
    code = row.failure();
  }
  if (code != SQLITE_OK)
    found.add(at.connection.failure("check all pages of", code).message);
}

std::uint64_t file_size(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

result<void> copy_to(const sqlite_session& at, const std::string& path, const std::string& wanted) {
  auto to = sqlite_connection::open(path, SQLITE_OPEN_READWRITE);
  if (!to)
    return to.error();
  // What a crash leaves behind of it has another name, and all is synced at the end.
  int code = to->execute("pragma journal_mode = off; pragma synchronous = off");
  if (code == SQLITE_OK) {
    auto* copy = sqlite3_backup_init(to->get(), "main", at.connection.get(), "main");
    code = copy ? sqlite3_backup_step(copy, -1) : sqlite3_extended_errcode(to->get());
    auto last = copy ? sqlite3_backup_finish(copy) : code;
    code = code == SQLITE_DONE ? last : code;
  }
  if (code == SQLITE_OK)
    return {};
  auto in_file = sqlite3_system_errno(to->get());
  return backup_failure(wanted, in_file != 0 ? std::generic_category().message(in_file)
                                             : sqlite3_errstr(code));
}

int checkpoint(const sqlite_session& at) {
  return sqlite3_wal_checkpoint_v2(at.connection.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                   nullptr, nullptr);
}

} // namespace

result<store_report> check_sqlite(const sqlite_session& at) {
  store_report report;
  problems found;
  // Of one instant, whatever is written meanwhile.
  sqlite_transaction instant{at.connection, "begin"};
  if (instant.code() != SQLITE_OK)
    return at.connection.failure("check", instant.code());
  check_pools(at, report, found);
  check_tasks(at, report, found);
  check_pages(at, found);
  report.bytes = file_size(at.connection.path()) + file_size(at.connection.path() + "-wal");
  report.problems = found.take();
  return report;
}

result<void> backup_sqlite(const sqlite_session& at, const std::string& path) {
  return make_backup(path, [&](const std::string& beside) { return copy_to(at, beside, path); });
}

result<void> compact_sqlite(const sqlite_session& at) {
  int code = checkpoint(at);
  if (code == SQLITE_OK)
    code = at.connection.execute("vacuum");
  if (code == SQLITE_OK)
    code = checkpoint(at);
  if (code != SQLITE_OK)
    return at.connection.failure("compact", code);
  return {};
}

} // namespace mahavishnu::store
