// SPDX-License-Identifier: MIT
#include "store/sqlite_store.hpp"

#include "store/page.hpp"
#include "store/sqlite_care.hpp"
#include "store/sqlite_opener.hpp"
#include "store/sqlite_session.hpp"
#include "store/task_state.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

/// Sorts behind every id.
constexpr std::string_view behind_all =
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

class sqlite_store final : public journal_store {
public:
  sqlite_store(std::string path, sqlite_use use) : file_(std::move(path), use) {}

  result<void> open() { return file_.open(); }

  result<void> apply(std::span<const change> changes) override {
    auto written = apply_all(changes);
    file_.note_log();
    return written;
  }

  result<found<stored_pool>> pools() override {
    using found_pools = found<stored_pool>;
    return file_.within<found_pools>(
        "read", "begin", [](const sqlite_session& at) -> result<found_pools> {
          found_pools all;
          record_total seen;
          sqlite_run row{at.pools};
          while (row.next()) {
            stored_pool pool{pool_id{std::string{row.bytes(0)}}, std::string{row.bytes(1)}};
            seen.add(pool.pool);
            if (row.number(2) == record_sum::of_pool(pool.pool, pool.record))
              all.records.push_back(std::move(pool));
            else
              all.damaged.push_back(at.damaged("the record of pool '" + pool.pool.value + "'"));
          }
          if (row.failure() != SQLITE_OK && !is_damage(row.failure()))
            return at.connection.failure("read the pools of", row.failure());
          auto totals = at.read_totals();
          if (!totals)
            return totals.error();
          if (!*totals || (*totals)->pools != seen)
            all.damaged.push_back(at.damaged("the list of pools, of which " +
                                             std::to_string(seen.count) + " were found,"));
          return all;
        });
  }

  result<void> each_open(const std::function<void(result<stored_task>)>& take) override {
    return file_.within<void>("read", "begin", [&](const sqlite_session& at) -> result<void> {
      auto ids = open_ids(at, take);
      if (!ids)
        return ids.error();
      for (const auto& id : *ids) {
        auto there = at.find_task(id, true);
        if (!there)
          return there.error();
        if (there->damaged)
          take(*there->damaged);
        else if (there->task && !there->task->ended_at)
          take(std::move(*there->task));
        else
          take(at.damaged("the list of open tasks, which has task '" + id.str() + "',"));
      }
      return {};
    });
  }

  result<std::optional<stored_task>> find(const task_id& task) override {
    using one = std::optional<stored_task>;
    return file_.within<one>("read", "begin", [&](const sqlite_session& at) -> result<one> {
      auto there = at.find_task(task, true);
      if (!there)
        return there.error();
      if (there->damaged)
        return *there->damaged;
      return std::move(there->task);
    });
  }

  result<found<stored_task>> list(const task_filter& wanted) override {
    using found_tasks = found<stored_task>;
    return file_.within<found_tasks>(
        "read", "begin", [&](const sqlite_session& at) -> result<found_tasks> {
          std::vector<task_id> ids;
          if (int code = newest(at, wanted, ids); code != SQLITE_OK)
            return at.connection.failure("read", code);
          std::sort(ids.begin(), ids.end(), std::greater<>{});
          ids.resize(std::min(ids.size(), wanted.limit));
          auto all = heads_of(at, ids);
          if (!all)
            return all;
          std::erase_if(all->records, [&](const stored_task& each) {
            bool is_right = is_wanted(wanted, each);
            if (!is_right)
              all->damaged.push_back(
                  at.damaged("the list that has task '" + each.task.str() + "'"));
            return !is_right;
          });
          return all;
        });
  }

  result<found<stored_task>> keyed(std::size_t most) override {
    using found_tasks = found<stored_task>;
    return file_.within<found_tasks>("read", "begin",
                                     [&](const sqlite_session& at) -> result<found_tasks> {
                                       std::vector<task_id> ids;
                                       {
                                         sqlite_run row{at.keyed, row_limit(most)};
                                         if (int code = read_ids(row, ids); code != SQLITE_OK)
                                           return at.connection.failure("read", code);
                                       }
                                       return heads_of(at, ids);
                                     });
  }

  result<ended_tasks> ended_after(const end_position& position, wall_time before,
                                  std::size_t most) override {
    return file_.within<ended_tasks>(
        "read", "begin", [&](const sqlite_session& at) -> result<ended_tasks> {
          ended_tasks all{{}, position};
          std::vector<end_position> ends;
          if (int code = ends_after(at, position, before, most, ends); code != SQLITE_OK)
            return at.connection.failure("read", code);
          std::size_t bytes = 0;
          for (const auto& end : ends) {
            if (bytes >= most_bytes_of_page)
              break;
            auto there = at.find_task(end.task, true);
            if (!there)
              return there.error();
            all.last = end;
            auto& task = there->task;
            if (there->damaged) {
              all.tasks.damaged.push_back(*there->damaged);
            } else if (!task || task->ended_at != end.at) {
              all.tasks.damaged.push_back(
                  at.damaged("the list of ended tasks, which has task '" + end.task.str() + "',"));
            } else {
              bytes += bytes_in_page(*task);
              all.tasks.records.push_back(*std::move(task));
            }
          }
          return all;
        });
  }

  result<std::size_t> forget_ended(const retention& kept, std::size_t step) override {
    return file_.within<std::size_t>(
        "write", "begin immediate", [&](const sqlite_session& at) -> result<std::size_t> {
          auto totals = totals_after(at, {});
          if (!totals)
            return totals.error();
          std::vector<task_id> ids;
          if (int code = needless(at, kept, totals->ended.count, step, ids); code != SQLITE_OK)
            return at.connection.failure("read", code);
          for (const auto& id : ids) {
            task_key key{id};
            sqlite_run run{at.forget, blob{key.bytes()}};
            if (run.step() != SQLITE_DONE)
              return at.connection.failure("write", run.failure());
            if (sqlite3_changes(at.connection.get()) == 0)
              return at.damaged("the list of ended tasks, which has task '" + id.str() + "',");
            totals->ended.remove(id);
          }
          if (int code = at.write_totals(*totals); code != SQLITE_OK)
            return at.connection.failure("write", code);
          return ids.size();
        });
  }

  std::vector<std::string> take_warnings() override { return file_.take_warnings(); }

  result<store_report> check() override {
    return file_.within<store_report>("check", "begin", check_sqlite);
  }
  result<void> backup(const std::string& path) override {
    if (auto free = file_.get_ready(); !free)
      return free;
    return backup_sqlite(file_.session(), path);
  }
  result<void> compact() override {
    if (auto free = file_.get_ready(); !free)
      return free;
    auto report = check();
    if (!report)
      return report.error();
    if (!report->problems.empty())
      return error{errc::io_failed, "the journal '" + file_.path() +
                                        "' is not made smaller, since that would make its damage "
                                        "final: " +
                                        report->problems.front() + "; restore a backup first"};
    return compact_sqlite(file_.session());
  }

private:
  result<void> apply_all(std::span<const change> changes) {
    return file_.within<void>("write", "begin immediate", [&](const sqlite_session& at) {
      record_totals added;
      for (const auto& each : changes)
        if (int code = write_pool(at, each, added); code != SQLITE_OK)
          return result<void>{at.connection.failure("write", code)};
      for (const auto& each : coalesce(changes))
        if (int code = write_task(at, each, added); code != SQLITE_OK)
          return result<void>{at.connection.failure("write", code)};
      return add_totals(at, added);
    });
  }

  // -- writing ----------------------------------------------------------------------------------

  static int done(sqlite_run run) { return run.step() == SQLITE_DONE ? SQLITE_OK : run.failure(); }

  static int write_pool(const sqlite_session& at, const change& each, record_totals& added) {
    const auto* opened = std::get_if<pool_opened>(&each);
    const auto* closed = std::get_if<pool_closed>(&each);
    if (!opened && !closed)
      return SQLITE_OK;
    const auto& pool = opened ? opened->pool : closed->pool;
    bool is_known = false;
    {
      sqlite_run row{at.has_pool, pool.value};
      is_known = row.next();
      if (row.failure() != SQLITE_OK)
        return row.failure();
    }
    if (opened && !is_known)
      added.pools.add(pool);
    if (closed && is_known)
      added.pools.remove(pool);
    if (opened)
      return done(sqlite_run{at.put_pool, pool.value, blob{opened->record},
                             record_sum::of_pool(pool, opened->record)});
    return done(sqlite_run{at.drop_pool, pool.value});
  }

  static int write_task(const sqlite_session& at, const task_change& change, record_totals& added) {
    auto was_written = [&] { return sqlite3_changes(at.connection.get()) > 0; };
    auto state = task_state::after(change);
    if (change.opened != nullptr) {
      if (int code = insert(at, *change.opened, state); code != SQLITE_OK)
        return code;
      if (was_written()) {
        (state.ended_at ? added.ended : added.open).add(change.task);
        return SQLITE_OK;
      }
      if (change.moved == nullptr && change.ended == nullptr)
        return SQLITE_OK;
    }
    task_key key{change.task};
    if (!state.ended_at)
      return done(sqlite_run{at.move, blob{key.bytes()}, state.status, state.attempt,
                             state.sum(change.task), blob{state.progress}});
    auto code = done(sqlite_run{
        at.end, blob{key.bytes()}, state.status, state.attempt, *state.ended_at,
        state.sum(change.task),
        record_sum::of_output(change.task, state.output, state.error_output), blob{state.progress},
        blob{state.result}, blob{state.output}, blob{state.error_output}});
    if (code == SQLITE_OK && was_written()) {
      added.open.remove(change.task);
      added.ended.add(change.task);
    }
    return code;
  }

  static int insert(const sqlite_session& at, const task_opened& opened, const task_state& state) {
    task_key key{opened.task};
    auto no_key = std::optional<std::string_view>{};
    return done(sqlite_run{
        at.insert, blob{key.bytes()}, opened.pool.value, state.status, state.attempt, opened.at,
        state.ended_at,
        record_sum::of_opened(opened.task, opened.pool.value, opened.at, opened.key, opened.work),
        state.sum(opened.task),
        record_sum::of_output(opened.task, state.output, state.error_output),
        opened.key.empty() ? no_key : std::optional<std::string_view>{opened.key},
        blob{opened.work}, blob{state.progress}, blob{state.result}, blob{state.output},
        blob{state.error_output}});
  }

  /// Those after the changes of this transaction, which have added these. Counted again when they
  /// are damaged.
  result<record_totals> totals_after(const sqlite_session& at, const record_totals& added) {
    auto written = at.read_totals();
    if (!written)
      return written.error();
    if (auto& all = *written) {
      all->pools.add(added.pools);
      all->open.add(added.open);
      all->ended.add(added.ended);
      return *all;
    }
    auto counted = at.count_again();
    if (counted)
      file_.warn("the totals of the journal '" + file_.path() +
                 "' were damaged; all was counted again: " + std::to_string(counted->open.count) +
                 " open tasks, " + std::to_string(counted->ended.count) + " that have ended, " +
                 std::to_string(counted->pools.count) + " pools");
    return counted;
  }

  result<void> add_totals(const sqlite_session& at, const record_totals& added) {
    if (added == record_totals{})
      return {};
    auto totals = totals_after(at, added);
    if (!totals)
      return totals.error();
    if (int code = at.write_totals(*totals); code != SQLITE_OK)
      return at.connection.failure("write", code);
    return {};
  }

  // -- reading ----------------------------------------------------------------------------------

  /// An id that cannot be read is damage.
  static int read_ids(sqlite_run& row, std::vector<task_id>& ids, int column = 0) {
    while (row.next()) {
      auto id = task_key::read(row.bytes(column));
      if (!id)
        return SQLITE_CORRUPT;
      ids.push_back(*id);
    }
    return row.failure();
  }

  /// Of all tasks that have not ended, and whether these are as many as there have to be. When the
  /// list of them is damaged, all tasks are looked at.
  static result<std::vector<task_id>>
  open_ids(const sqlite_session& at, const std::function<void(result<stored_task>)>& take) {
    std::vector<task_id> ids;
    auto counted = [&ids] {
      record_total total;
      for (const auto& id : ids)
        total.add(id);
      return total;
    };
    auto totals = at.read_totals();
    if (!totals)
      return totals.error();
    int code = SQLITE_OK;
    {
      sqlite_run row{at.open_tasks};
      code = read_ids(row, ids);
    }
    if (code == SQLITE_OK && *totals && counted() == (*totals)->open)
      return ids;
    if (code != SQLITE_OK && !is_damage(code))
      return at.connection.failure("read", code);
    ids.clear();
    code = at.each_task([&](std::optional<task_id> id, const sqlite_run& row) {
      if (!id)
        take(at.damaged("the id of a record"));
      else if (row.is_null(5))
        ids.push_back(*id);
    });
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (code != SQLITE_OK && !is_damage(code))
      return at.connection.failure("read", code);
    auto journal = "in the journal '" + at.connection.path() + "' ";
    auto how_many = std::to_string(ids.size()) + " were found among all tasks";
    if (!*totals)
      take(error{errc::io_failed, "how many open tasks there are to be " + journal +
                                      "cannot be read: " + how_many + "; a backup may have more"});
    else
      take(error{errc::io_failed, "the list of open tasks " + journal +
                                      "is damaged: " + std::to_string((*totals)->open.count) +
                                      " were written, " + how_many +
                                      (counted() == (*totals)->open ? ", the same ones"
                                                                    : "; a backup may have more")});
    return ids;
  }

  /// The newest first. A list that is damaged may lead to one twice.
  static result<found<stored_task>> heads_of(const sqlite_session& at,
                                             const std::vector<task_id>& ids) {
    found<stored_task> all;
    all.records.reserve(ids.size());
    const task_id* before = nullptr;
    for (const auto& id : ids) {
      if (before != nullptr && !(id < *before)) {
        all.damaged.push_back(at.damaged("the list that has task '" + id.str() + "'"));
        continue;
      }
      before = &id;
      auto there = at.find_task(id, false);
      if (!there)
        return there.error();
      if (there->task)
        all.records.push_back(std::move(*there->task));
      else
        all.damaged.push_back(there->damaged
                                  ? *there->damaged
                                  : at.damaged("the list that has task '" + id.str() + "'"));
    }
    return all;
  }

  static bool is_wanted(const task_filter& wanted, std::string_view pool, std::int64_t status) {
    return (wanted.pool.empty() || wanted.pool.value == pool) &&
           (wanted.statuses.empty() || std::find(wanted.statuses.begin(), wanted.statuses.end(),
                                                 status) != wanted.statuses.end());
  }
  static bool is_wanted(const task_filter& wanted, const stored_task& task) {
    return is_wanted(wanted, task.pool.value, task.status) && (task.ended_at || !wanted.only_ended);
  }

  /// No fewer than the wanted ones, in whatever order.
  static int newest(const sqlite_session& at, const task_filter& wanted,
                    std::vector<task_id>& ids) {
    auto limit = row_limit(wanted.limit);
    task_key before_key{wanted.before};
    blob before{wanted.before.empty() ? behind_all : before_key.bytes()};
    if (wanted.pool.empty() && wanted.statuses.empty() && !wanted.only_ended) {
      sqlite_run row{at.newest, before, limit};
      return read_ids(row, ids);
    }
    if (!wanted.only_ended)
      if (int code = newest_open(at, wanted, before, ids); code != SQLITE_OK)
        return code;
    auto statuses = wanted.statuses;
    std::sort(statuses.begin(), statuses.end());
    statuses.erase(std::unique(statuses.begin(), statuses.end()), statuses.end());
    if (statuses.empty())
      if (int code = statuses_of(at, wanted.pool, statuses); code != SQLITE_OK)
        return code;
    for (auto status : statuses) {
      auto read = [&](auto&&... values) {
        sqlite_run row{values...};
        return read_ids(row, ids);
      };
      int code = wanted.pool.empty()
                     ? read(at.ended_by_status, status, before, limit)
                     : read(at.ended_by_pool, wanted.pool.value, status, before, limit);
      if (code != SQLITE_OK)
        return code;
    }
    return SQLITE_OK;
  }

  static int newest_open(const sqlite_session& at, const task_filter& wanted, blob before,
                         std::vector<task_id>& ids) {
    sqlite_run row{at.open_newest_first, before};
    while (ids.size() < wanted.limit && row.next()) {
      if (!is_wanted(wanted, row.bytes(1), row.number(2)))
        continue;
      auto id = task_key::read(row.bytes(0));
      if (!id)
        return SQLITE_CORRUPT;
      ids.push_back(*id);
    }
    return row.failure();
  }

  /// Those that tasks of the pool, or all tasks, have ended with.
  static int statuses_of(const sqlite_session& at, const pool_id& pool,
                         std::vector<std::uint8_t>& statuses) {
    for (std::int64_t last = -1;;) {
      std::optional<std::int64_t> next;
      auto code = pool.empty()
                      ? read_number(sqlite_run{at.statuses_of_all, last}, next)
                      : read_number(sqlite_run{at.statuses_of_pool, pool.value, last}, next);
      if (code != SQLITE_OK || !next)
        return code;
      last = *next;
      if (last < 0 || last > std::numeric_limits<std::uint8_t>::max())
        return SQLITE_CORRUPT;
      statuses.push_back(static_cast<std::uint8_t>(last));
    }
  }

  static int read_number(sqlite_run row, std::optional<std::int64_t>& into) {
    if (row.next())
      into = row.number(0);
    return row.failure();
  }

  static int ends_after(const sqlite_session& at, const end_position& position, wall_time before,
                        std::size_t most, std::vector<end_position>& ends) {
    task_key key{position.task};
    sqlite_run row{at.ended_after, position.at, blob{key.bytes()}, before, row_limit(most)};
    while (row.next()) {
      auto id = task_key::read(row.bytes(1));
      if (!id)
        return SQLITE_CORRUPT;
      ends.push_back({row.number(0), *id});
    }
    return row.failure();
  }

  /// Those that ended first are those that go.
  static int needless(const sqlite_session& at, const retention& kept, std::uint64_t ended,
                      std::size_t step, std::vector<task_id>& ids) {
    auto excess = kept.most != 0 && ended > kept.most ? ended - kept.most : 0;
    sqlite_run row{at.ended_first, row_limit(step)};
    while (row.next()) {
      if (ids.size() >= excess && row.number(0) >= kept.ended_before)
        return SQLITE_OK;
      auto id = task_key::read(row.bytes(1));
      if (!id)
        return SQLITE_CORRUPT;
      ids.push_back(*id);
    }
    return row.failure();
  }

  sqlite_opener<sqlite_session> file_;
};

} // namespace

result<std::unique_ptr<journal_store>> open_sqlite(const std::string& path, sqlite_use use) {
  std::error_code failed;
  // An absolute one means a file in whatever way SQLite was built.
  auto absolute = std::filesystem::absolute(path, failed);
  auto store = std::make_unique<sqlite_store>(failed ? path : absolute.string(), use);
  if (auto opened = store->open(); !opened)
    return opened.error();
  return std::unique_ptr<journal_store>{std::move(store)};
}

} // namespace mahavishnu::store
