// SPDX-License-Identifier: MIT
#include "store/postgres_server.hpp"
#include "store/postgres_session.hpp"
#include "store/postgres_statements.hpp"
#include "store/sqlite_connection.hpp"
#include "support/events.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

postgres_session session(const std::string& url, postgres_use use = postgres_use::read) {
  std::vector<postgres_backend> none;
  return good(postgres_session::open(good(postgres_url::parse(url)), use, none));
}

std::string plan_of(postgres_session& at, const std::string& call) {
  auto lines = at.connection.query("explain (costs off) execute " + call);
  if (!lines)
    FAIL(lines.reason());
  std::string plan;
  for (int row = 0; row < lines.rows(); ++row)
    plan += lines.text(0, row) + "\n";
  return plan;
}

/// A user that goes with the test.
class user {
public:
  user(const postgres_server& server, std::string name, const std::string& what = "")
      : server_(&server), name_(std::move(name)) {
    server.sql("create role " + name_ + " login " + what);
  }
  ~user() { server_->sql("drop owned by " + name_ + " cascade; drop role " + name_); }
  user(const user&) = delete;
  user& operator=(const user&) = delete;

private:
  const postgres_server* server_;
  std::string name_;
};

} // namespace

TEST_CASE("a second server is refused and told who has the journal, and readers are not") {
  NEEDS_POSTGRES;
  auto writer = open_in(server, place);
  auto refused = open_postgres(server.url(schema_of(place)));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::already_exists);
  CHECK_THAT(refused.error().message,
             ContainsSubstring(schema_of(place)) && ContainsSubstring("in use") &&
                 ContainsSubstring("mahavishnu, process " + std::to_string(::getpid()) + " on ") &&
                 ContainsSubstring("search_path%3DNAME"));
  auto reader = open_in(server, place, postgres_use::read);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    good(writer->apply(std::vector<change>{opened(task_number(n))}));
    CHECK(open_tasks(*reader).size() == n);
  }
  CHECK(checked(*reader).open_tasks == 20);
  for (const auto& failed :
       {reader->apply(std::vector<change>{opened(task_number(99))}), reader->compact()}) {
    REQUIRE(failed.has_error());
    CHECK_THAT(failed.error().message, ContainsSubstring("only be read"));
  }
  CHECK(reader->forget_ended({1, 1}, 1).has_error());
  auto beside = good(open_postgres(server.url(schema_of(place) + "_b")));
  CHECK(open_tasks(*beside).empty());
  writer = nullptr;
  CHECK(open_tasks(*open_in(server, place)).size() == 20);
}

TEST_CASE("a server that cannot be reached, or does not let us in, is an error that says why") {
  NEEDS_POSTGRES;
  user guarded{server, "guarded", "password 's3same'"};
  user stranger{server, "stranger"};
  auto schema = schema_of(place);
  auto refusal = [](const std::string& url, postgres_use use = postgres_use::write) {
    auto refused = open_postgres(url, use);
    if (!refused)
      return refused.error();
    FAIL("was not refused: " << url);
    return error{};
  };
  auto wrong = refusal(server.url(schema, "guarded:wr0ng"));
  CHECK(wrong.code == errc::unauthorized);
  CHECK_THAT(wrong.message, ContainsSubstring("password authentication failed") &&
                                ContainsSubstring("postgresql://guarded@/postgres") &&
                                !ContainsSubstring("wr0ng") && !ContainsSubstring("LOCATION"));
  auto none = refusal(server.url(schema, "guarded"));
  CHECK_THAT(none.message, ContainsSubstring("no password"));
  CHECK(refusal(server.url(schema, "nobody_such")).code == errc::unauthorized);

  auto database = refusal(server.url(schema, "postgres", "no_such_db"));
  CHECK(database.code == errc::not_found);
  CHECK_THAT(database.message, ContainsSubstring("no_such_db") && ContainsSubstring("createdb"));

  auto rights = refusal(server.url(schema, "guarded:s3same"));
  CHECK(rights.code == errc::unauthorized);
  CHECK_THAT(rights.message, ContainsSubstring("permission denied") && ContainsSubstring("grant") &&
                                 !ContainsSubstring("s3same"));
  good(open_in(server, place)->apply(std::vector<change>{opened(task_number(1))}));
  for (auto use : {postgres_use::write, postgres_use::read}) {
    auto hidden = refusal(server.url(schema, "stranger"), use);
    CHECK(hidden.code == errc::unauthorized);
    CHECK_THAT(hidden.message, ContainsSubstring("permission denied for schema"));
  }
  server.sql("grant usage on schema " + quoted_name(schema) + " to stranger");
  auto tables = refusal(server.url(schema, "stranger"), postgres_use::read);
  CHECK(tables.code == errc::unauthorized);
  server.sql("grant select on all tables in schema " + quoted_name(schema) + " to stranger");
  auto reader = good(open_postgres(server.url(schema, "stranger"), postgres_use::read));
  CHECK(open_tasks(*reader).size() == 1);

  auto socket = refusal("postgresql://me:s3same@/db?host=" + place.path().string());
  CHECK(socket.code == errc::io_failed);
  CHECK_THAT(socket.message, ContainsSubstring("No such file") && !ContainsSubstring("s3same"));
  auto port = refusal("postgresql://me:s3same@127.0.0.1:1/db");
  CHECK(port.code == errc::io_failed);
  CHECK_THAT(port.message, ContainsSubstring("refused") && ContainsSubstring("whether PostgreSQL"));
  auto host = refusal("postgresql://me:s3same@no-such-host.invalid/db");
  CHECK(host.code == errc::io_failed);
  CHECK_THAT(host.message, ContainsSubstring("no-such-host.invalid") &&
                               !ContainsSubstring("s3same") && !ContainsSubstring("\n"));
}

TEST_CASE("a schema of one's own is enough to write") {
  NEEDS_POSTGRES;
  user owner{server, "owner_of_one"};
  server.sql("create schema " + quoted_name(schema_of(place)) + " authorization owner_of_one");
  auto store = good(open_postgres(server.url(schema_of(place), "owner_of_one")));
  good(store->apply(std::vector<change>{opened(task_number(1))}));
  good(store->compact());
  CHECK(checked(*store).open_tasks == 1);
  CHECK(store->take_warnings().empty());
}

TEST_CASE("what is written is on disk, whatever was set for the user") {
  NEEDS_POSTGRES;
  user careless{server, "careless", "superuser"};
  auto level = [&](const std::string& was) {
    server.sql("alter role careless set synchronous_commit = " + was);
    auto at = session(server.url(schema_of(place), "careless"), postgres_use::write);
    return at.connection.query("show synchronous_commit").text(0);
  };
  CHECK(level("off") == "on");
  CHECK(level("local") == "on");
  CHECK(level("remote_apply") == "remote_apply");
  // Nor do other settings get in the way.
  server.sql("alter role careless set default_transaction_read_only = on; "
             "alter role careless set statement_timeout = '1ms'; "
             "alter role careless set default_transaction_isolation = 'serializable'");
  server.sql("alter role careless set bytea_output = 'escape'");
  auto store = good(open_postgres(server.url(schema_of(place), "careless")));
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 1000; ++n)
    span.emplace_back(opened(task_number(n)));
  good(store->apply(span));
  CHECK(open_tasks(*store).size() == 1000);
}

TEST_CASE("a server that does not sync is warned of once") {
  NEEDS_POSTGRES;
  server.sql("alter system set fsync = off");
  server.sql("select pg_reload_conf()");
  CHECK(comes_true([&] { return server.sql("show fsync") == "off"; }));
  auto store = open_in(server, place);
  auto warnings = store->take_warnings();
  server.sql("alter system reset fsync");
  server.sql("select pg_reload_conf()");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0],
             ContainsSubstring("fsync is off") && ContainsSubstring("postgresql.conf"));
  CHECK(store->take_warnings().empty());
  CHECK(comes_true([&] { return server.sql("show fsync") == "on"; }));
}

TEST_CASE("each list is read from its index, whatever the planner has counted") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  store = nullptr;
  auto at = session(server.url(schema_of(place)), postgres_use::write);
  auto look = [&] {
    const std::string last = "('ffffffff-ffff-ffff-ffff-ffffffffffff', 100";
    const std::vector<std::pair<std::string, std::vector<std::string>>> expected{
        {"find ('00000000-0000-0000-0000-000000000001')", {"tasks_pkey"}},
        {"find_head ('00000000-0000-0000-0000-000000000001')", {"tasks_pkey"}},
        {"take_back ('{}')", {"Index Cond: (id = ANY"}},
        {"newest " + last + ")", {"tasks_pkey"}},
        {"keyed (100)", {"tasks_keyed"}},
        {"totals", {"tasks_open", "totals_newest"}},
        {"trust_totals (null)", {"totals_newest"}},
        {"claim (null)", {"totals_newest"}},
        {"note_span (1, null)", {"Index Cond: (number ="}},
        {"last_span (null)", {"totals_newest"}},
        {"put_pools ('{}', '{}', '{}', '{}')", {"Index Cond: (number ="}},
        {"drop_pools ('{}')", {"Index Cond: (number ="}},
        {"with_status " + last + ", '{3}')",
         {"tasks_open", "tasks_by_status", "tasks_pkey", "Index Cond: ((ROW("}},
        {"of_pool " + last + ", '{3}', 'pool_1')",
         {"tasks_open", "tasks_by_pool", "tasks_pkey",
          "Index Cond: ((substr(pool, 1, 32) = substr($4, 1, 32)) AND (ROW("}},
        {"ended_with_status " + last + ", '{3}')",
         {"tasks_by_status", "tasks_pkey", "Index Cond: ((ROW("}},
        {"ended_of_pool " + last + ", '{3}', 'pool_1')",
         {"tasks_by_pool", "tasks_pkey",
          "Index Cond: ((substr(pool, 1, 32) = substr($4, 1, 32)) AND (ROW("}},
        {"ended_after (10, '00000000-0000-0000-0000-000000000001', 5000, 100)",
         {"Index Only Scan using tasks_by_end", "tasks_pkey", "ROW(ended_at, id) > ROW($1, $2)",
          "ended_at < $3"}},
        {"next_end (10, '00000000-0000-0000-0000-000000000001', 5000)",
         {"Index Only Scan using tasks_by_end"}},
        {"forget (1000, 10, 200)", {"tasks_by_end", "Index Cond: (id = ANY"}},
        {"move_tasks ('{}', '{}', '{}', '{}', '{}')", {"Index Cond: (id = given"}},
        {"end_tasks ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
         {"Index Cond: (id = given"}},
        {"open_tasks ('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', "
         "'{}', '{}', '{}', '{}', '{}')",
         {"Index Cond: (id = given"}},
    };
    for (const auto& [call, indices] : expected) {
      auto plan = plan_of(at, call);
      INFO(call << "\n" << plan);
      CHECK_THAT(plan, !ContainsSubstring("Seq Scan on tasks"));
      CHECK_THAT(plan, !ContainsSubstring("Seq Scan on totals"));
      for (const auto& index : indices)
        CHECK_THAT(plan, ContainsSubstring(index));
      if (call.starts_with("newest") || call.starts_with("keyed") ||
          call.starts_with("ended_after"))
        CHECK_THAT(plan, !ContainsSubstring("Sort"));
    }
    auto open = at.connection.query("explain select " + whole_task() +
                                    " from tasks where ended_at is null order by id");
    CHECK_THAT(open.text(0), ContainsSubstring("tasks_open"));
  };
  look(); // nothing is there, and nothing was counted
  at = {};
  store = open_in(server, place);
  for (std::uint64_t first = 1; first <= 20'000; first += 5'000) {
    std::vector<change> span;
    for (auto n = first; n < first + 5'000; ++n) {
      span.emplace_back(
          opened(task_number(n), "pool_" + std::to_string(n % 5), 0, n % 1000 == 0 ? "key" : ""));
      if (n % 100 != 0)
        span.emplace_back(ended(task_number(n), n % 5000 == 17 ? 3 : 2));
    }
    good(store->apply(span));
  }
  store = nullptr;
  at = session(server.url(schema_of(place)), postgres_use::write);
  look();
  server.sql("analyze " + quoted_name(schema_of(place)) + ".tasks");
  look();
}

TEST_CASE("who reads something old for long makes no span read more than before") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  auto old = session(server.url(schema_of(place)));
  REQUIRE(old.connection.execute(begin_instant).is_good());
  REQUIRE(old.connection.query("select from tasks").is_good());
  constexpr std::uint64_t spans = 400;
  for (std::uint64_t n = 1; n <= spans; ++n)
    good(store->apply(std::vector<change>{opened(task_number(n)), ended(task_number(n))}));
  // All old rows are there.
  auto schema = quoted_name(schema_of(place));
  server.sql("vacuum " + schema + ".totals");
  CHECK(std::stoull(server.sql("select pg_relation_size('" + schema + ".totals') / 8192")) > 10);
  auto at = session(server.url(schema_of(place)));
  auto lines = at.connection.query(
      "explain (analyze, buffers, costs off, timing off, format json) execute totals");
  if (!lines)
    FAIL(lines.reason());
  auto plan = lines.text(0);
  INFO(plan);
  const std::string_view name = "\"Shared Hit Blocks\": ";
  auto pages = plan.find(name); // of all of it, which comes first
  REQUIRE(pages != std::string::npos);
  CHECK(std::stoi(plan.substr(pages + name.size())) < 10);
}

TEST_CASE("a journal in PostgreSQL takes little memory here, however much is in it") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 4000; ++n) {
    span.emplace_back(opened(task_number(n)));
    std::get<task_opened>(span.back()).work.assign(10'000, 'w');
  }
  good(store->apply(span));
  span = {};
  auto before = ::mallinfo2().uordblks;
  std::size_t most = 0;
  std::size_t given = 0;
  good(store->each_open([&](result<stored_task> each) {
    good(std::move(each));
    if (++given % 100 == 0)
      most = std::max(most, ::mallinfo2().uordblks);
  }));
  CHECK(given == 4000);
  CHECK((most < before || most - before < 4'000'000));
}

TEST_CASE("a journal in PostgreSQL that is used while it gives tasks out refuses, and goes on") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  good(store->apply(std::vector<change>{opened(task_number(1)), opened(task_number(2))}));
  std::size_t given = 0;
  good(store->each_open([&](result<stored_task> each) {
    given += each.has_value();
    auto refused = store->apply(std::vector<change>{ended(task_number(2))});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::internal);
    CHECK(store->find(task_number(1)).has_error());
  }));
  CHECK(given == 2);
  CHECK(open_tasks(*store).size() == 2);
}

TEST_CASE("who reads in PostgreSQL sees whole changes of one who writes meanwhile") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  std::atomic<bool> is_over = false;
  std::atomic<int> reads = 0;
  std::string seen;
  std::thread reader{[&] {
    auto other = open_postgres(server.url(schema_of(place)), postgres_use::read);
    for (; !is_over; ++reads) {
      std::size_t open = 0;
      if (!other)
        seen = other.error().message;
      else if (auto read = (*other)->each_open([&](result<stored_task> each) {
                 ++open;
                 if (!each)
                   seen = each.error().message;
               });
               !read)
        seen = read.error().message;
      if (open % 5 != 0)
        seen = "half a span";
    }
  }};
  for (std::uint64_t n = 0; n < 60 || reads < 10; ++n) {
    std::vector<change> span;
    for (std::uint64_t i = 1; i <= 5; ++i)
      span.emplace_back(opened(task_number(n * 5 + i)));
    good(store->apply(span));
  }
  is_over = true;
  reader.join();
  CHECK(seen.empty());
}

TEST_CASE("a large span is one transaction, in several statements") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 12'000; ++n) {
    span.emplace_back(opened(task_number(n), "pool_" + std::to_string(n % 3000)));
    span.emplace_back(pool_opened{pool_id{"pool_" + std::to_string(n % 3000)}, "record"});
    if (n % 3000 == 0)
      std::get<task_opened>(span[span.size() - 2]).work.assign(6'000'000, 'w');
  }
  good(store->apply(span));
  span.clear();
  for (std::uint64_t n = 1; n <= 12'000; ++n) {
    span.emplace_back(moved(task_number(n)));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n)));
  }
  // Ones that are known already, and what happens to them all the same.
  span.emplace_back(opened(task_number(1), "another pool"));
  span.emplace_back(opened(task_number(20'000)));
  span.emplace_back(ended(task_number(20'000)));
  good(store->apply(span));
  auto report = checked(*store);
  CHECK(report.pools == 3000);
  CHECK(report.open_tasks == 6000);
  CHECK(report.ended_tasks == 6001);
  CHECK(task_in(*store, task_number(1)).pool.value == "pool_1");
}

TEST_CASE("a copy of a journal in PostgreSQL has all of it, in a file for its user alone") {
  NEEDS_POSTGRES;
  auto store = open_in(server, place);
  std::vector<change> span{
      pool_opened{pool_id{std::string("\0\xff", 2)}, std::string("\xfe\0", 2)}};
  for (std::uint64_t n = 1; n <= 12'000; ++n) {
    span.emplace_back(opened(task_number(n), "pool_1", 4, n % 3 == 0 ? "key" : ""));
    if (n % 3 == 1)
      span.emplace_back(moved(task_number(n), 7, 3));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n), 9, static_cast<wall_time>(n)));
  }
  good(store->apply(span));
  auto copy = place / "copy.db";
  good(store->backup(copy));
  CHECK((std::filesystem::status(copy).permissions() & std::filesystem::perms{0777}) ==
        std::filesystem::perms{0600});
  CHECK(std::distance(std::filesystem::directory_iterator{place.path()}, {}) == 1);
  auto copied = open_journal(copy, sqlite_use::read);
  task_filter all;
  all.limit = 20'000;
  CHECK(good(copied->list(all)) == good(store->list(all)));
  CHECK(open_tasks(*copied) == open_tasks(*store));
  CHECK(good(copied->keyed(20'000)) == good(store->keyed(20'000)));
  for (std::uint64_t n : {1u, 2u, 3u, 4u, 12'000u})
    CHECK(task_in(*copied, task_number(n)) == task_in(*store, task_number(n)));
  auto pools = good(copied->pools());
  REQUIRE(pools.size() == 1);
  CHECK(pools[0].pool.value == good(store->pools())[0].pool.value);
  CHECK(pools[0].record == good(store->pools())[0].record);
  checked(*copied);
}

TEST_CASE("a copy comes back into a schema that is empty, and into no other") {
  NEEDS_POSTGRES;
  auto source = open_journal(place / "source.db");
  std::vector<change> span{
      pool_opened{pool_id{std::string("\0\xff", 2)}, std::string("\xfe\0", 2)}};
  for (std::uint64_t n = 1; n <= 12'000; ++n) {
    span.emplace_back(opened(task_number(n), "pool_1", 4, n % 3 == 0 ? "key" : ""));
    if (n % 3 == 1)
      span.emplace_back(moved(task_number(n), 7, 3));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n), 9, static_cast<wall_time>(n)));
  }
  good(source->apply(span));
  auto url = server.url(schema_of(place));
  good(restore_postgres(url, *source));
  auto store = open_in(server, place);
  task_filter all;
  all.limit = 20'000;
  CHECK(good(store->list(all)) == good(source->list(all)));
  CHECK(open_tasks(*store) == open_tasks(*source));
  CHECK(task_in(*store, task_number(12'000)) == task_in(*source, task_number(12'000)));
  CHECK(checked(*store).pools == 1);

  auto in_use = restore_postgres(url, *source);
  REQUIRE(in_use.has_error());
  CHECK_THAT(in_use.error().message, ContainsSubstring("in use by a server"));
  store = nullptr;
  auto full = restore_postgres(url, *source);
  REQUIRE(full.has_error());
  CHECK(full.error().code == errc::already_exists);
  CHECK_THAT(full.error().message,
             ContainsSubstring("nothing was done") && ContainsSubstring(schema_of(place)));

  // Totals that are left over count nothing.
  auto schema = quoted_name(schema_of(place));
  server.sql("truncate " + schema + ".tasks, " + schema + ".pools");
  good(restore_postgres(url, *source));
  checked(*open_in(server, place));

  // What cannot be read to its end is not there in part: one that is damaged comes last here.
  good(sqlite_connection::open(place / "source.db", SQLITE_OPEN_READWRITE))
      .execute("update tasks set work = 'other work' where id = (select min(id) from tasks)");
  auto other = server.url(schema_of(place) + "_b");
  auto damaged = restore_postgres(other, *source);
  REQUIRE(damaged.has_error());
  CHECK_THAT(damaged.error().message, ContainsSubstring(task_number(1).str()));
  CHECK(checked(*good(open_postgres(other))).ended_tasks == 0);
}
