// SPDX-License-Identifier: MIT
#include "store/postgres_care.hpp"

#include "store/backup_file.hpp"
#include "store/journal_copy.hpp"
#include "store/postgres_span.hpp"
#include "store/problems.hpp"
#include "store/sqlite_store.hpp"

#include <span>
#include <utility>

namespace mahavishnu::store {

namespace {

void check_tasks(postgres_session& at, const read_totals& totals, store_report& report,
                 problems& found) {
  postgres_total open;
  postgres_total ended;
  auto read = at.each_task("true", [&](const read_row& each) {
    if (!each.read)
      found.add(each.read.error().message);
    (each.is_ended ? ended : open).add(each.task);
  });
  if (!read)
    found.add(read.error().message);
  report.open_tasks = open.count;
  report.ended_tasks = ended.count;
  const auto& written = totals.written;
  if (!written)
    found.add(at.damaged("how much there is to be").message);
  else if (open != written->open || ended != written->ended)
    found.add("the journal '" + at.connection.name() + "' has " + std::to_string(open.count) +
              " open tasks and " + std::to_string(ended.count) +
              " that have ended, and these are not those that were written: " +
              std::to_string(written->open.count) + " and " + std::to_string(written->ended.count));
  if (open != totals.listed)
    found.add("the list of open tasks in the journal '" + at.connection.name() +
              "' is damaged: it has " + std::to_string(totals.listed.count) + " of " +
              std::to_string(open.count) + "; make it new with: reindex index tasks_open");
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
  if (auto read = at.each_task("true", [&to](read_row each) { to.take(std::move(each.read)); });
      !read)
    return read;
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
