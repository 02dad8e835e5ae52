// SPDX-License-Identifier: MIT
#include "store/postgres_session.hpp"

#include "store/postgres_schema.hpp"
#include "store/postgres_statements.hpp"
#include "store/record_sums.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace mahavishnu::store {

namespace {

constexpr int oldest_server = 140000;

/// Beside the number of the schema, so that it is no lock of another program.
constexpr std::int32_t lock_kind = 0x6D616861;

/// How long a connection of ours that was lost may take to end.
constexpr std::chrono::seconds end_limit{5};
/// How long one waits for a journal that another one has.
constexpr std::chrono::seconds patience{2};
/// What PostgreSQL calls it when that was not enough.
constexpr std::string_view lock_not_available = "55P03";

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

/// Each statement has one index that it has to use, and must use it whatever the planner has
/// counted so far: a new journal has no statistics, and a wrong guess reads all that there is.
std::string settings(const std::string& schema, postgres_use use) {
  std::string all =
      "set search_path = " + quoted_name(schema) +
      ", pg_temp; set idle_session_timeout = 0; "
      "set idle_in_transaction_session_timeout = 0; set default_transaction_isolation = "
      "'read committed'; set work_mem = '32MB'; set jit = off; "
      "set max_parallel_workers_per_gather = 0; "
      "set plan_cache_mode = force_generic_plan; ";
  for (const char* way : {"seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin", "material"})
    all += "set enable_" + std::string(way) + " = off; ";
  // A connection whose peer is gone gives its lock up by these.
  all += "set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; "
         "set tcp_keepalives_count = 3; set tcp_user_timeout = 30000; ";
  // Whatever was set for the user or the database. Stronger is welcome.
  all += "select set_config('synchronous_commit', case current_setting('synchronous_commit') "
         "when 'remote_apply' then 'remote_apply' else 'on' end, false); ";
  return all + "set default_transaction_read_only = " + (use == postgres_use::read ? "on" : "off");
}

std::string lock_names(std::int64_t schema) {
  auto number = std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(schema));
  return std::to_string(lock_kind) + ", " + std::to_string(number);
}

struct lock_holder {
  postgres_backend backend;
  std::string text;
};

result<std::optional<lock_holder>> holder_of(postgres_connection& connection, std::int64_t schema) {
  auto found = connection.query(
      "select pid, coalesce(backend_start::text, ''), coalesce(usename::text, ''), "
      "coalesce(application_name, ''), coalesce(host(client_addr), '') "
      "from pg_locks left join pg_stat_activity using (pid) where locktype = 'advisory' "
      "and database = (select oid from pg_database where datname = current_database()) "
      "and classid = " +
      std::to_string(lock_kind) + " and objid = " + std::to_string(schema) +
      " and objsubid = 2 and granted");
  if (!found)
    return connection.failure("open", found);
  if (found.rows() == 0)
    return std::optional<lock_holder>{};
  lock_holder holder{{found.number(0), found.text(1)}, "'" + found.text(3) + "'"};
  holder.text += ", user '" + found.text(2) + "'";
  if (auto address = found.text(4); !address.empty())
    holder.text += ", from " + address;
  holder.text += ", backend " + std::to_string(holder.backend.process);
  return std::optional{std::move(holder)};
}

result<void> lock_schema(postgres_connection& connection, std::int64_t schema,
                         const std::vector<postgres_backend>& ours) {
  auto locked = connection.query("select pg_try_advisory_lock(" + lock_names(schema) + ")");
  if (!locked)
    return connection.failure("open", locked);
  if (locked.number(0) != 0)
    return {};
  auto holder = holder_of(connection, schema);
  if (!holder)
    return holder.error();
  if (*holder && std::find(ours.begin(), ours.end(), (*holder)->backend) != ours.end()) {
    auto ended = connection.query("select pg_terminate_backend(" +
                                  std::to_string((*holder)->backend.process) + ", " +
                                  milliseconds(end_limit) + ")");
    if (!ended)
      return connection.failure("open", ended);
  }
  // One that was killed a moment ago may have a last statement there that is not over yet.
  auto wait_at_most = [&connection](std::chrono::milliseconds time) {
    return connection.execute("set lock_timeout = " + milliseconds(time));
  };
  if (auto set = wait_at_most(patience); !set)
    return connection.failure("open", set);
  locked = connection.query("select pg_advisory_lock(" + lock_names(schema) + ")");
  if (auto set = wait_at_most(lock_limit); !set)
    return connection.failure("open", set);
  if (locked)
    return {};
  if (locked.state() != lock_not_available)
    return connection.failure("open", locked);
  auto by = *holder ? (*holder)->text : "'somebody who has just gone'";
  return error{errc::already_exists, "the journal '" + connection.name() +
                                         "' is in use by a server (" + by +
                                         "); end that one, or choose another schema, with "
                                         "?options=-csearch_path%3DNAME at the end of the URL"};
}

result<void> look_at_server(postgres_session& at) {
  if (at.connection.server_version() < oldest_server)
    return error{errc::incompatible, "the journal '" + at.connection.name() +
                                         "' is in a PostgreSQL older than version 14; use a newer "
                                         "server"};
  auto found = at.connection.query(
      "select pg_backend_pid(), coalesce((select backend_start::text from pg_stat_activity "
      "where pid = pg_backend_pid()), ''), current_setting('fsync'), "
      "current_setting('full_page_writes')");
  if (!found)
    return at.connection.failure("open", found);
  at.backend = {found.number(0), found.text(1)};
  for (const auto& [name, column] : {std::pair{"fsync", 2}, {"full_page_writes", 3}})
    if (found.bytes(column) == "off")
      at.warning = "what is written to the journal '" + at.connection.name() +
                   "' may be lost when its machine stops: " + name +
                   " is off there; turn it on in postgresql.conf";
  return {};
}

result<void> match_tables(postgres_session& at, const std::string& schema, postgres_use use,
                          const std::vector<postgres_backend>& ours) {
  auto& connection = at.connection;
  auto found = find_schema(connection, schema);
  if (!found)
    return found.error();
  if (found->number == 0 && use == postgres_use::read)
    return error{errc::not_found, "there is no journal '" + connection.name() + "' (no schema '" +
                                      schema +
                                      "'); name the one that is meant (a server makes it when it "
                                      "starts)"};
  if (found->number == 0) {
    if (auto made = make_schema(connection, schema); !made)
      return made;
    if (found = find_schema(connection, schema); !found)
      return found.error();
    if (found->number == 0)
      return error{errc::invalid_argument,
                   "cannot make the journal '" + connection.name() + "': the schema '" + schema +
                       "' is not there after it was made, as when its name is longer than the 63 "
                       "bytes that PostgreSQL takes; give it a shorter one"};
  }
  if (!found->may_be_used)
    return error{errc::unauthorized,
                 "cannot open the journal '" + connection.name() +
                     "': permission denied for schema '" + schema +
                     "'; grant the user of the URL USAGE on it, or choose another one"};
  if (use == postgres_use::write)
    if (auto locked = lock_schema(connection, found->number, ours); !locked)
      return locked;
  auto known = postgres_tables();
  // Before anything is written: what is not ours is left as it is.
  if (auto checked = check_tables(connection, known); !checked)
    return checked;
  if (use == postgres_use::write)
    return bring_tables_up_to_date(connection, known);
  auto version = tables_version(connection);
  if (!version)
    return version.error();
  if (*version == static_cast<int>(known.size()))
    return {};
  return error{errc::incompatible,
               "the journal '" + connection.name() + "' " +
                   (*version == 0 ? "is empty" : "was written by an older version") +
                   "; start the server once, and it is brought up to date"};
}

/// Of rows as `whole_task` has them.
enum column {
  id,
  mark,
  opened_at,
  ended_at,
  attempt,
  opened_sum,
  state_sum,
  output_sum,
  status,
  pool,
  key,
  work,
  progress,
  ending,
  output,
  error_output,
};

/// In a transaction that is to outlive what cannot be read. What is read after that is still of the
/// same instant.
constexpr const char* mark_place = "savepoint reading";
constexpr const char* back_to_place = "rollback to reading";

/// In place of what a task is.
const std::string ids_only = "select id, ended_at is not null";
constexpr int ids_at_once = 10'000;

task_id id_in(const postgres_result& ids, int row) {
  return task_key::read(ids.bytes(0, row)).value_or(task_id{});
}

bool agrees(const postgres_result& rows, int row, column which, std::uint32_t sum) {
  return rows.number(which, row) == std::bit_cast<std::int32_t>(sum);
}

result<void> make_ready(postgres_session& opened, postgres_use use,
                        const std::vector<postgres_backend>& ours) {
  if (auto looked = look_at_server(opened); !looked)
    return looked;
  auto schema = wanted_schema(opened.connection);
  if (!schema)
    return schema.error();
  if (auto set = opened.connection.execute(settings(*schema, use)); !set)
    return opened.connection.failure("open", set);
  if (auto matched = match_tables(opened, *schema, use, ours); !matched)
    return matched;
  auto statements = postgres_sql().for_reading();
  if (use == postgres_use::write)
    for (auto& each : postgres_sql().for_writing())
      statements.push_back(std::move(each));
  if (auto prepared = opened.connection.prepare(statements); !prepared)
    return opened.connection.failure("open", prepared);
  return {};
}

} // namespace

std::string record_name_of(const task_id& task) {
  return "the record of task '" + task.str() + "'";
}

result<postgres_session> postgres_session::open(const postgres_url& url, postgres_use use,
                                                std::vector<postgres_backend>& ours) {
  auto connection = postgres_connection::open(url);
  if (!connection)
    return connection.error();
  postgres_session opened;
  opened.connection = std::move(*connection);
  if (auto ready = make_ready(opened, use, ours); !ready) {
    // One that was lost may have the lock. One that ends in order gives it up.
    if (opened.connection.is_lost() && opened.backend.process != 0)
      ours.push_back(opened.backend);
    return ready.error();
  }
  ours = {opened.backend};
  return opened;
}

read_row postgres_session::read_task(const postgres_result& rows, int row, bool with_output) const {
  auto task = task_key::read(rows.bytes(id, row)).value_or(task_id{});
  stored_task read;
  read.task = task;
  read.opened_at = rows.number(opened_at, row);
  if (!rows.is_null(ended_at, row))
    read.ended_at = rows.number(ended_at, row);
  read.attempt = static_cast<std::int32_t>(rows.number(attempt, row));
  auto its_status = rows.number(status, row);
  read.status = static_cast<std::uint8_t>(its_status);
  read.pool = pool_id{rows.text(pool, row)};
  read.key = rows.text(key, row);
  read.work = rows.text(work, row);
  read.progress = rows.text(progress, row);
  read.result = rows.text(ending, row);
  bool is_good =
      its_status == read.status &&
      rows.number(mark, row) == static_cast<std::int64_t>(task_mark(task)) &&
      agrees(rows, row, opened_sum,
             record_sum::of_opened(task, read.pool.value, read.opened_at, read.key, read.work)) &&
      agrees(rows, row, state_sum,
             record_sum::of_state(task, read.status, read.attempt, read.ended_at, read.progress,
                                  read.result));
  if (with_output) {
    read.output = rows.text(output, row);
    read.error_output = rows.text(error_output, row);
    is_good = is_good && agrees(rows, row, output_sum,
                                record_sum::of_output(task, read.output, read.error_output));
  }
  auto is_ended = read.ended_at.has_value();
  if (!is_good)
    return {task, is_ended, damaged(record_name_of(task))};
  return {task, is_ended, std::move(read)};
}

result<std::optional<stored_task>> postgres_session::find_task(const task_id& task,
                                                               bool with_output) {
  const auto& sql = postgres_sql();
  auto found = connection.run(with_output ? sql.find : sql.find_head, postgres_values::of(task));
  if (found.is_damage())
    return damaged(record_name_of(task));
  if (!found)
    return connection.failure("read", found);
  if (found.rows() == 0)
    return std::optional<stored_task>{};
  auto read = read_task(found, 0, with_output).read;
  if (!read)
    return read.error();
  return std::optional{std::move(*read)};
}

result<found<stored_task>> postgres_session::heads(const postgres_statement& list,
                                                   const postgres_values& values) {
  found<stored_task> all;
  auto take = [&all](read_row each) {
    if (each.read)
      all.records.push_back(std::move(*each.read));
    else
      all.damaged.push_back(each.read.error());
  };
  auto rows = connection.run(list, values);
  if (!rows && !rows.is_damage())
    return connection.failure("read", rows);
  if (rows) {
    all.records.reserve(static_cast<std::size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row)
      take(read_task(rows, row, false));
    return all;
  }
  postgres_transaction instant{connection, begin_instant};
  if (!instant.begun())
    return connection.failure("read", instant.begun());
  auto ids = connection.query(
      ids_only + list.text.substr(std::string_view{"select "}.size() + task_head().size()), values);
  if (!ids)
    return connection.failure("read", ids);
  if (auto read = each_by_itself(ids, false, take); !read)
    return read.error();
  return all;
}

result<found<stored_pool>> postgres_session::read_pools() {
  found<stored_pool> all;
  postgres_total seen;
  auto take = [&](const postgres_result& rows, int row) {
    stored_pool each{pool_id{rows.text(0, row)}, rows.text(1, row)};
    seen.add(each.pool);
    if (rows.number(2, row) ==
        std::bit_cast<std::int32_t>(record_sum::of_pool(each.pool, each.record)))
      all.records.push_back(std::move(each));
    else
      all.damaged.push_back(damaged_pool(each.pool));
  };
  connection.execute(mark_place);
  auto rows = connection.run(postgres_sql().pools);
  if (!rows && !rows.is_damage())
    return connection.failure("read the pools of", rows);
  if (rows) {
    for (int row = 0; row < rows.rows(); ++row)
      take(rows, row);
  } else {
    // Something of one cannot be read: the others come one by one.
    connection.execute(back_to_place);
    auto ids = connection.query("select id from pools order by id");
    if (!ids)
      return connection.failure("read the pools of", ids);
    for (int row = 0; row < ids.rows(); ++row) {
      auto one = connection.run(postgres_sql().find_pool, postgres_values::of(ids.bytes(0, row)));
      if (one && one.rows() == 1) {
        take(one, 0);
        continue;
      }
      if (!one.is_damage())
        return connection.failure("read the pools of", one);
      connection.execute(back_to_place);
      pool_id pool{ids.text(0, row)};
      seen.add(pool);
      all.damaged.push_back(damaged_pool(pool));
    }
  }
  auto there = totals();
  if (!there)
    return there.error();
  if (!there->written || there->written->pools != seen)
    all.damaged.push_back(
        damaged("the list of pools, of which " + std::to_string(seen.count) + " were found,"));
  return all;
}

result<read_totals> postgres_session::totals() {
  auto found = connection.run(postgres_sql().totals);
  if (!found)
    return connection.failure("read", found);
  auto total = [&found](int column) {
    return postgres_total{static_cast<std::uint64_t>(found.number(column)),
                          static_cast<std::uint64_t>(found.number(column + 1))};
  };
  read_totals read{{}, total(6)};
  if (found.rows() == 1 && found.number(8) != 0)
    read.written = postgres_totals{total(0), total(2), total(4)};
  return read;
}

result<std::string> postgres_session::count_again(const task_id& writer, std::int64_t span) {
  postgres_transaction all{connection, "begin"};
  if (auto set = connection.execute(without_indices); !set)
    return connection.failure("count the tasks of", set);
  auto counted = connection.query(postgres_sql().count_again.text,
                                  postgres_values::of(writer, span), whole_limit);
  if (!counted)
    return connection.failure("count the tasks of", counted);
  if (auto done = connection.execute("commit"); !done)
    return connection.failure("write", done);
  auto number = [&counted](int column) { return std::to_string(counted.number(column)); };
  return "the totals of the journal '" + connection.name() +
         "' were damaged; all was counted again: " + number(0) + " open tasks, " + number(1) +
         " that have ended, " + number(2) + " pools";
}

result<void> postgres_session::each_task(const std::string& condition,
                                         const std::function<void(read_row)>& take,
                                         std::chrono::seconds silence) {
  connection.execute(mark_place);
  task_id last;
  auto ended = connection.each_row(
      "select " + whole_task() + " from tasks where " + condition + " order by id",
      [&](const postgres_result& row) {
        auto found = read_task(row, 0, true);
        last = found.task;
        take(std::move(found));
      },
      silence);
  if (ended)
    return {};
  if (!ended.is_damage() || connection.is_lost())
    return connection.failure("read", ended);
  // Something of a record cannot be read: the others come one by one.
  for (;;) {
    connection.execute(back_to_place);
    auto ids =
        connection.query(ids_only + " from tasks where " + condition +
                             " and id > $1::uuid order by id limit " + std::to_string(ids_at_once),
                         postgres_values::of(last), silence);
    if (!ids)
      return connection.failure("read", ids);
    if (ids.rows() == 0)
      return {};
    last = id_in(ids, ids.rows() - 1);
    if (auto read = each_by_itself(ids, true, take); !read)
      return read;
  }
}

result<void> postgres_session::each_by_itself(const postgres_result& ids, bool with_output,
                                              const std::function<void(read_row)>& take) {
  connection.execute(mark_place);
  for (int row = 0; row < ids.rows(); ++row) {
    auto task = id_in(ids, row);
    auto is_ended = ids.number(1, row) != 0;
    auto found = find_task(task, with_output);
    if (connection.is_lost())
      return connection.failure("read", connection.loss());
    if (!found) {
      connection.execute(back_to_place);
      take({task, is_ended, found.error()});
    } else if (*found) {
      take({task, is_ended, std::move(**found)});
    }
  }
  return {};
}

error postgres_session::damaged_pool(const pool_id& pool) const {
  return damaged("the record of pool '" + pool.value + "'");
}

error postgres_session::damaged(const std::string& what) const {
  return {errc::io_failed, what + " in the journal '" + connection.name() +
                               "' is damaged: its bytes are not those that were written; a backup "
                               "may have it"};
}

} // namespace mahavishnu::store
