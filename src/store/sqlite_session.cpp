// SPDX-License-Identifier: MIT
#include "store/sqlite_session.hpp"

#include "store/record_sums.hpp"
#include "store/sqlite_schema.hpp"

#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

int prepare_all(sqlite_session& at) {
  const std::string head = "pool, status, attempt, opened_at, ended_at, opened_sum, state_sum, "
                           "output_sum, key, work, progress, result";
  const std::string whole = head + ", output, error_output";
  int code = SQLITE_OK;
  auto prepare = [&](const std::string& sql) { return at.connection.prepare(sql, code); };
  at.has_pool = prepare("select 1 from pools where id = ?");
  at.put_pool = prepare("insert or replace into pools values (?, ?, ?)");
  at.drop_pool = prepare("delete from pools where id = ?");
  at.pools = prepare("select id, record, sum from pools order by id");
  at.insert = prepare("insert or ignore into tasks (id, " + whole +
                      ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  at.move = prepare("update tasks set status = ?2, attempt = ?3, state_sum = ?4, progress = ?5 "
                    "where id = ?1 and ended_at is null");
  at.end = prepare("update tasks set status = ?2, attempt = ?3, ended_at = ?4, state_sum = ?5, "
                   "output_sum = ?6, progress = ?7, result = ?8, output = ?9, error_output = ?10 "
                   "where id = ?1 and ended_at is null");
  at.forget = prepare("delete from tasks where id = ? and ended_at is not null");
  at.totals = prepare("select of, count, digest, sum from totals");
  at.set_totals = prepare("insert or replace into totals values (?, ?, ?, ?)");
  at.find = prepare("select " + whole + " from tasks where id = ?");
  at.find_without_output = prepare("select " + head + " from tasks where id = ?");
  at.open_tasks = prepare("select id from tasks indexed by tasks_open where ended_at is null "
                          "order by id");
  at.open_newest_first =
      prepare("select id, pool, status from tasks indexed by tasks_open where ended_at is null "
              "and id < ? order by id desc");
  at.newest = prepare("select id from tasks where id < ? order by id desc limit ?");
  at.keyed = prepare("select id from tasks indexed by tasks_keyed where key is not null "
                     "order by id desc limit ?");
  at.ended_by_status =
      prepare("select id from tasks indexed by tasks_by_status where ended_at is not null "
              "and status = ? and id < ? order by id desc limit ?");
  at.ended_by_pool =
      prepare("select id from tasks indexed by tasks_by_pool where ended_at is not null "
              "and pool = ? and status = ? and id < ? order by id desc limit ?");
  at.statuses_of_all =
      prepare("select status from tasks indexed by tasks_by_status where ended_at is not null "
              "and status > ? order by status limit 1");
  at.statuses_of_pool =
      prepare("select status from tasks indexed by tasks_by_pool where ended_at is not null "
              "and pool = ? and status > ? order by status limit 1");
  at.ended_first =
      prepare("select ended_at, id from tasks indexed by tasks_by_end where ended_at is not null "
              "order by ended_at, id limit ?");
  at.ended_after =
      prepare("select ended_at, id from tasks indexed by tasks_by_end where ended_at is not null "
              "and (ended_at, id) > (?, ?) and ended_at < ? order by ended_at, id limit ?");
  at.every_task = prepare("select id, " + whole + " from tasks not indexed order by id");
  at.every_task_backwards =
      prepare("select id, " + whole + " from tasks not indexed order by id desc");
  at.every_state = prepare("select id, ended_at from tasks not indexed");
  return code;
}

template <class Number>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
}

/// By the name of its row.
record_total* total_of(record_totals& all, std::string_view name) {
  return name == "pools"   ? &all.pools
         : name == "open"  ? &all.open
         : name == "ended" ? &all.ended
                           : nullptr;
}

} // namespace

void record_total::add(const task_id& task) {
  ++count;
  digest += task_mark(task);
}

void record_total::remove(const task_id& task) {
  --count;
  digest -= task_mark(task);
}

void record_total::add(const pool_id& pool) {
  ++count;
  digest += pool_mark(pool);
}

void record_total::remove(const pool_id& pool) {
  --count;
  digest -= pool_mark(pool);
}

std::string record_name(const task_id& task) {
  return "the record of task '" + task.str() + "'";
}

const sqlite_file_kind& sqlite_session::kind() {
  // The log still takes milliseconds to read after a crash.
  static const sqlite_file_kind journal{"journal", journal_schema(), 8 * 1024, true, 2000, true};
  return journal;
}

result<sqlite_session> sqlite_session::open(const std::string& path, sqlite_use use) {
  auto connection = open_file(path, use, kind());
  if (!connection)
    return connection.error();
  sqlite_session opened;
  opened.connection = std::move(*connection);
  opened.log = log_emptying{opened.connection, kind()};
  if (int code = prepare_all(opened); code != SQLITE_OK)
    return opened.connection.failure("open", code);
  return opened;
}

result<stored_task> sqlite_session::read_task(const task_id& task, const sqlite_run& row,
                                              int column, bool with_output) const {
  auto pool = row.bytes(column);
  auto status = row.number(column + 1);
  auto attempt = row.number(column + 2);
  stored_task read;
  read.task = task;
  read.opened_at = row.number(column + 3);
  if (!row.is_null(column + 4))
    read.ended_at = row.number(column + 4);
  auto key = row.bytes(column + 8);
  auto work = row.bytes(column + 9);
  auto progress = row.bytes(column + 10);
  auto ending = row.bytes(column + 11);
  read.status = static_cast<std::uint8_t>(status);
  read.attempt = static_cast<std::int32_t>(attempt);
  bool is_good =
      fits<std::uint8_t>(status) && fits<std::int32_t>(attempt) &&
      row.number(column + 5) == record_sum::of_opened(task, pool, read.opened_at, key, work) &&
      row.number(column + 6) ==
          record_sum::of_state(task, read.status, read.attempt, read.ended_at, progress, ending);
  if (with_output) {
    auto output = row.bytes(column + 12);
    auto error_output = row.bytes(column + 13);
    is_good =
        is_good && row.number(column + 7) == record_sum::of_output(task, output, error_output);
    read.output = output;
    read.error_output = error_output;
  }
  if (!is_good)
    return damaged(record_name(task));
  read.pool = pool_id{std::string{pool}};
  read.key = key;
  read.work = work;
  read.progress = progress;
  read.result = ending;
  return read;
}

result<found_task> sqlite_session::find_task(const task_id& task, bool with_output) const {
  task_key key{task};
  sqlite_run row{with_output ? find : find_without_output, blob{key.bytes()}};
  if (row.next()) {
    auto there = read_task(task, row, 0, with_output);
    if (!there)
      return found_task{{}, there.error()};
    return found_task{std::move(*there), {}};
  }
  if (is_damage(row.failure()))
    return found_task{{}, damaged(record_name(task))};
  if (row.failure() != SQLITE_OK)
    return connection.failure("read", row.failure());
  return found_task{};
}

result<std::optional<record_totals>> sqlite_session::read_totals() const {
  record_totals read;
  int rows = 0;
  sqlite_run row{totals};
  while (row.next()) {
    auto name = row.bytes(0);
    auto* into = total_of(read, name);
    auto count = static_cast<std::uint64_t>(row.number(1));
    auto digest = static_cast<std::uint64_t>(row.number(2));
    if (!into || row.number(3) != record_sum::of_total(name, count, digest))
      return std::optional<record_totals>{};
    *into = {count, digest};
    ++rows;
  }
  if (is_damage(row.failure()))
    return std::optional<record_totals>{};
  if (row.failure() != SQLITE_OK)
    return connection.failure("read", row.failure());
  if (rows == 0) // of a journal in which nothing was written yet
    return std::optional{read};
  return rows == 3 ? std::optional{read} : std::nullopt;
}

result<record_totals> sqlite_session::count_again() const {
  record_totals counted;
  {
    sqlite_run row{every_state};
    while (row.next())
      if (auto task = task_key::read(row.bytes(0)))
        (row.is_null(1) ? counted.open : counted.ended).add(*task);
    if (row.failure() != SQLITE_OK)
      return connection.failure("count the tasks of", row.failure());
  }
  sqlite_run row{pools};
  while (row.next())
    counted.pools.add(pool_id{std::string{row.bytes(0)}});
  if (row.failure() != SQLITE_OK)
    return connection.failure("count the pools of", row.failure());
  return counted;
}

int sqlite_session::write_totals(const record_totals& all) const {
  for (const auto& [name, total] :
       {std::pair<std::string_view, const record_total&>{"pools", all.pools},
        {"open", all.open},
        {"ended", all.ended}}) {
    sqlite_run run{set_totals, name, total.count, total.digest,
                   record_sum::of_total(name, total.count, total.digest)};
    if (run.step() != SQLITE_DONE)
      return run.failure();
  }
  return SQLITE_OK;
}

int sqlite_session::each_task(
    const std::function<void(std::optional<task_id>, const sqlite_run&)>& take) const {
  std::optional<task_id> last;
  int code = SQLITE_OK;
  {
    sqlite_run row{every_task};
    while (row.next()) {
      auto task = task_key::read(row.bytes(0));
      take(task, row);
      last = task ? task : last;
    }
    code = row.failure();
  }
  if (!is_damage(code))
    return code;
  sqlite_run row{every_task_backwards};
  while (row.next()) {
    auto task = task_key::read(row.bytes(0));
    if (task && last && *task <= *last)
      break;
    take(task, row);
  }
  return code;
}

error sqlite_session::damaged(const std::string& what) const {
  return {errc::io_failed, what + " in the journal '" + connection.path() +
                               "' is damaged: its bytes are not those that were written; a backup "
                               "may have it"};
}

} // namespace mahavishnu::store
