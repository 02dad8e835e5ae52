// SPDX-License-Identifier: MIT
#include "store/postgres_care.hpp"

#include "store/backup_file.hpp"
#include "store/journal_copy.hpp"
#include "store/postgres_span.hpp"
#include "store/postgres_statements.hpp"
#include "store/problems.hpp"
#include "store/sqlite_store.hpp"

#include <optional>
#include <span>
#include <utility>

namespace mahavishnu::store {

namespace {

struct counted_tasks {
  postgres_total open;
  postgres_total ended;

  void add(const read_row& each) { (each.is_ended ? ended : open).add(each.task); }
};

/// Nothing when those that were found are those that were written.
std::optional<error> missing(const postgres_session& at, const counted_tasks& found,
                             const read_totals& totals) {
  const auto& written = totals.written;
  if (!written)
    return at.damaged("how much there is to be");
  if (found.open == written->open && found.ended == written->ended)
    return std::nullopt;
  return error{errc::io_failed,
               "the journal '" + at.connection.name() + "' has " +
                   std::to_string(found.open.count) + " open tasks and " +
                   std::to_string(found.ended.count) +
                   " that have ended, and these are not those that were written: " +
                   std::to_string(written->open.count) + " and " +
                   std::to_string(written->ended.count) + "; a backup of before may have them"};
}

void check_tasks(postgres_session& at, const read_totals& totals, store_report& report,
                 problems& problems) {
  counted_tasks counted;
  auto read = at.each_task("true", [&](const read_row& each) {
    if (!each.read)
      problems.add(each.read.error().message);
    counted.add(each);
  });
  if (!read)
    problems.add(read.error().message);
  report.open_tasks = counted.open.count;
  report.ended_tasks = counted.ended.count;
  if (auto why = missing(at, counted, totals))
    problems.add(why->message);
  if (counted.open != totals.listed)
    problems.add("the list of open tasks in the journal '" + at.connection.name() +
                 "' is damaged: it has " + std::to_string(totals.listed.count) + " of " +
                 std::to_string(counted.open.count) +
                 "; make it new with: reindex index tasks_open");
}

result<void> copy_to(postgres_session& at, const std::string& file) {
  auto copy = open_sqlite(file);
  if (!copy)
    return copy.error();
  postgres_transaction instant{at.connection, begin_instant};
  if (!instant.begun())
    return at.connection.failure("read", instant.begun());
  journal_copy to{[&copy](std::span<const change> changes) { return (*copy)->apply(changes); }};
  auto pools = at.read_pools();
  if (!pools)
    return pools.error();
  for (auto& each : pools->damaged)
    to.fail(std::move(each));
  for (auto& each : pools->records)
    to.take(std::move(each));
  counted_tasks counted;
  auto read = at.each_task("true", [&](read_row each) {
    counted.add(each);
    to.take(std::move(each.read));
  });
  if (!read)
    return read;
  // The copy counts anew, and nobody would miss there what is missing here.
  auto totals = at.totals();
  if (!totals)
    return totals.error();
  if (auto why = missing(at, counted, *totals))
    to.fail(std::move(*why));
  return to.finish();
}

} // namespace

result<store_report> check_postgres(postgres_session& at) {
  store_report report;
  problems found;
  // Of one instant, whatever is written meanwhile.
  postgres_transaction instant{at.connection, begin_instant};
  if (!instant.begun())
    return at.connection.failure("check", instant.begun());
  auto size = at.connection.query(
      "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class "
      "where relkind = 'r' and relnamespace = "
      "(select oid from pg_namespace where nspname = current_schema())");
  if (!size)
    return at.connection.failure("check", size);
  report.bytes = static_cast<std::uint64_t>(size.number(0));
  auto pools = at.read_pools();
  if (!pools)
    return pools.error();
  for (const auto& each : pools->damaged)
    found.add(each.message);
  report.pools = pools->records.size();
  auto totals = at.totals();
  if (!totals)
    return totals.error();
  check_tasks(at, *totals, report, found);
  if (at.connection.is_lost())
    return at.connection.failure("check", at.connection.loss());
  report.problems = found.take();
  return report;
}

result<void> backup_postgres(postgres_session& at, const std::string& path) {
  return make_backup(path, [&at](const std::string& beside) { return copy_to(at, beside); });
}

result<void> fill_postgres(postgres_session& at, journal_store& from) {
  auto& connection = at.connection;
  postgres_transaction all{connection, "begin"};
  if (!all.begun())
    return connection.failure("restore", all.begun());
  auto there = connection.query("select exists (select from pools) or exists (select from tasks)");
  if (!there)
    return connection.failure("restore", there);
  if (there.number(0) != 0)
    return error{
        errc::already_exists,
        "the journal '" + connection.name() +
            "' has pools or tasks already, so nothing was done; name a schema that is "
            "empty, with ?options=-csearch_path%3DNAME at the end of the URL, or drop this "
            "one"};
  // Who emptied the tables may have left the totals as they were.
  auto made = connection.query(postgres_sql().count_again.text,
                               postgres_values::of(task_id{}, std::int64_t{0}));
  if (!made)
    return connection.failure("restore", made);
  journal_copy to{[&connection](std::span<const change> changes) -> result<void> {
    connection.begin_pipeline();
    auto given = each_call(changes, [&connection](const postgres_call& call) {
      connection.send(*call.statement, call.values);
    });
    auto written = connection.end_pipeline();
    if (!given)
      return given;
    return written ? result<void>{} : connection.failure("restore", written);
  }};
  to.take_all(from);
  if (auto copied = to.finish(); !copied)
    return copied;
  auto done = connection.execute("commit");
  return done ? result<void>{} : connection.failure("restore", done);
}

result<void> compact_postgres(postgres_session& at) {
  auto limit = [&at](std::chrono::milliseconds time) {
    return at.connection.execute("set statement_timeout = " + std::to_string(time.count()));
  };
  if (auto set = limit(whole_limit); !set)
    return at.connection.failure("compact", set);
  for (const char* table : {"tasks", "pools", "totals"}) {
    auto done = at.connection.execute("vacuum (full, analyze) " + std::string(table),
                                      whole_limit + silence_limit);
    if (!done)
      return limit(statement_limit), at.connection.failure("compact", done);
  }
  if (auto set = limit(statement_limit); !set)
    return at.connection.failure("compact", set);
  return {};
}

} // namespace mahavishnu::store
