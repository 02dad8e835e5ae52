// SPDX-License-Identifier: MIT
#include "store/postgres_care.hpp"

#include "store/backup_file.hpp"
#include "store/problems.hpp"
#include "store/sqlite_store.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace mahavishnu::store {

namespace {

/// What is read until it is written to a copy.
constexpr std::size_t copied_bytes = 8'000'000;
constexpr std::size_t copied_tasks = 5000;

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

/// Tasks on their way to a copy, as the changes that would have led there.
class copying {
public:
  explicit copying(journal_store& to) : to_(&to) {}

  void take(read_row&& found) {
    if (failed_)
      return;
    if (!found.read) {
      failed_ = found.read.error();
      return;
    }
    auto& task = *found.read;
    bytes_ += task.work.size() + task.progress.size() + task.result.size() + task.output.size() +
              task.error_output.size();
    changes_.emplace_back(task_opened{task.task, std::move(task.pool), task.status, task.opened_at,
                                      std::move(task.key), std::move(task.work)});
    if (task.ended_at)
      changes_.emplace_back(task_ended{task.task, task.status, *task.ended_at, task.attempt,
                                       std::move(task.progress), std::move(task.result),
                                       std::move(task.output), std::move(task.error_output)});
    else
      changes_.emplace_back(
          task_moved{task.task, task.status, task.attempt, std::move(task.progress)});
    if (bytes_ >= copied_bytes || changes_.size() >= 2 * copied_tasks)
      write();
  }
  void take(stored_pool&& pool) {
    changes_.emplace_back(pool_opened{std::move(pool.pool), std::move(pool.record)});
  }
  void fail(error why) {
    if (!failed_)
      failed_ = std::move(why);
  }

  result<void> finish() {
    write();
    return failed_ ? result<void>{*failed_} : result<void>{};
  }

private:
  void write() {
    if (failed_)
      return;
    if (auto written = to_->apply(changes_); !written)
      failed_ = written.error();
    changes_.clear();
    bytes_ = 0;
  }

  journal_store* to_;
  std::vector<change> changes_;
  std::size_t bytes_ = 0;
  std::optional<error> failed_;
};

result<void> copy_to(postgres_session& at, const std::string& file) {
  auto copy = open_sqlite(file);
  if (!copy)
    return copy.error();
  postgres_transaction instant{at.connection, begin_instant};
  if (!instant.begun())
    return at.connection.failure("read", instant.begun());
  copying to{**copy};
  auto pools = at.read_pools();
  if (!pools)
    return pools.error();
  for (auto& each : pools->damaged)
    to.fail(std::move(each));
  for (auto& each : pools->records)
    to.take(std::move(each));
  if (auto read = at.each_task("true", [&to](read_row each) { to.take(std::move(each)); }); !read)
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
