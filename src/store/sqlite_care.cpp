// SPDX-License-Identifier: MIT
#include "store/sqlite_care.hpp"

#include "store/backup_file.hpp"
#include "store/problems.hpp"
#include "store/record_sums.hpp"

#include <system_error>
#include <tuple>
#include <utility>

namespace mahavishnu::store {

namespace {

record_total check_pools(const sqlite_session& at, problems& problems) {
  record_total seen;
  sqlite_run row{at.pools};
  while (row.next()) {
    pool_id pool{std::string{row.bytes(0)}};
    seen.add(pool);
    if (row.number(2) != record_sum::of_pool(pool, row.bytes(1)))
      problems.add(at.damaged("the record of pool '" + pool.value + "'").message);
  }
  if (row.failure() != SQLITE_OK)
    problems.add(at.connection.failure("read the pools of", row.failure()).message);
  return seen;
}

/// Those that are open, and those that have ended.
std::pair<record_total, record_total> check_tasks(const sqlite_session& at, problems& problems) {
  record_total open;
  record_total ended;
  auto code = at.each_task([&](std::optional<task_id> task, const sqlite_run& row) {
    if (!task)
      return problems.add(at.damaged("the id of a record").message);
    auto read = at.read_task(*task, row, 1, true);
    if (!read)
      problems.add(read.error().message);
    (row.is_null(5) ? open : ended).add(*task);
  });
  if (code != SQLITE_OK)
    problems.add(at.connection.failure("read all tasks of", code).message);
  return {open, ended};
}

void check_totals(const sqlite_session& at, const record_totals& seen, problems& problems) {
  auto written = at.read_totals();
  auto text = [](const record_totals& all) {
    return std::to_string(all.pools.count) + " pools, " + std::to_string(all.open.count) +
           " open tasks and " + std::to_string(all.ended.count) + " that have ended";
  };
  if (!written)
    problems.add(written.error().message);
  else if (!*written)
    problems.add(at.damaged("how much there is to be").message);
  else if (**written != seen)
    problems.add("the journal '" + at.connection.path() + "' has " + text(seen) +
                 ", and these are not those that were written: " + text(**written));
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
  if (is_damage(code))
    return backup_failure(wanted, at.connection.failure("read", code).message);
  auto in_file = sqlite3_system_errno(to->get());
  return backup_failure(wanted, (in_file != 0 ? std::generic_category().message(in_file)
                                              : std::string{sqlite3_errstr(code)}) +
                                    "; look at the free space");
}

int checkpoint(const sqlite_session& at) {
  return sqlite3_wal_checkpoint_v2(at.connection.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                   nullptr, nullptr);
}

} // namespace

result<store_report> check_sqlite(const sqlite_session& at) {
  problems problems;
  record_totals seen;
  seen.pools = check_pools(at, problems);
  std::tie(seen.open, seen.ended) = check_tasks(at, problems);
  check_totals(at, seen, problems);
  check_pages(at, problems);
  store_report report;
  report.pools = seen.pools.count;
  report.open_tasks = seen.open.count;
  report.ended_tasks = seen.ended.count;
  report.bytes = file_size(at.connection.path()) + file_size(at.connection.path() + "-wal");
  report.problems = problems.take();
  return report;
}

result<void> backup_sqlite(const sqlite_session& at, const std::string& path) {
  return make_backup(path, [&](const std::string& beside) { return copy_to(at, beside, path); });
}

result<void> compact_sqlite(const sqlite_session& at) {
  int code = checkpoint(at);
  if (code == SQLITE_OK)
    code = at.connection.execute("vacuum");
  if (code != SQLITE_OK)
    return at.connection.failure("compact", code);
  code = checkpoint(at);
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) // somebody reads: the log shrinks later
    return at.connection.failure("compact", code);
  return {};
}

} // namespace mahavishnu::store
