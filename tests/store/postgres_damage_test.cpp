// SPDX-License-Identifier: MIT
/// Rows that are not those that were written.
#include "store/postgres_server.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// In the schema of the test.
void run(const postgres_server& server, const scratch& place, const std::string& sql) {
  server.sql("set search_path = " + quoted_name(schema_of(place)) + "; " + sql);
}

std::string where(std::uint64_t n) {
  // As the numbers of tests are in a row.
  return " where opened_sum = (select opened_sum from tasks order by id offset " +
         std::to_string(n - 1) + " limit 1)";
}

constexpr std::uint64_t tasks = 60;

/// The even ones have ended.
std::unique_ptr<journal_store> fill(const postgres_server& server, const scratch& place) {
  auto store = open_in(server, place);
  std::vector<change> span{pool_opened{pool_id{"pool_0"}, "a pool"}};
  for (std::uint64_t n = 1; n <= tasks; ++n) {
    span.emplace_back(opened(task_number(n)));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n)));
  }
  good(store->apply(span));
  return store;
}

struct given {
  std::vector<task_id> tasks;
  std::vector<std::string> errors;
};

given open_of(journal_store& store) {
  given all;
  good(store.each_open([&](result<stored_task> each) {
    if (each)
      all.tasks.push_back(each->task);
    else
      all.errors.push_back(each.error().message);
  }));
  return all;
}

} // namespace

TEST_CASE("a damaged row is named, and those behind it still come") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  run(server, place, "update tasks set work = 'other work'" + where(51));
  run(server, place, "update tasks set output = 'other output'" + where(52));
  run(server, place, "update tasks set status = 77" + where(53));
  for (std::uint64_t n : {51u, 52u, 53u}) {
    auto refused = store->find(task_number(n));
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring(task_number(n).str()) &&
                                            ContainsSubstring(schema_of(place)) &&
                                            ContainsSubstring("backup"));
  }
  auto open = open_of(*store);
  CHECK(open.tasks.size() == tasks / 2 - 2);
  CHECK(open.tasks.back() == task_number(59));
  REQUIRE(open.errors.size() == 2);
  CHECK_THAT(open.errors[0], ContainsSubstring(task_number(51).str()));
  CHECK(good(store->list({{}, {}, task_number(51), 10})).size() == 10);
  auto page = store->list({});
  REQUIRE(page.has_value());
  CHECK(page->damaged.size() == 2); // a list does not read what tasks have written
  auto ends = good(store->ended_after({}, 5000, 1000));
  CHECK(ends.tasks.records.size() == tasks / 2 - 1);
  REQUIRE(ends.tasks.damaged.size() == 1);
  CHECK_THAT(ends.tasks.damaged[0].message, ContainsSubstring(task_number(52).str()));
  CHECK(ends.last == end_position{2000, task_number(tasks)});
  auto report = good(store->check());
  REQUIRE(report.problems.size() == 3);
  CHECK_THAT(report.problems[1], ContainsSubstring(task_number(52).str()));
  // A copy with something missing would be taken for a whole one.
  auto refused = store->backup(place / "copy");
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring(task_number(51).str()));
  CHECK(std::filesystem::is_empty(place.path()));
  good(store->apply(std::vector<change>{ended(task_number(55))}));
}

TEST_CASE("a row that is missing, or too many, is said") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  run(server, place, "delete from tasks" + where(51));
  auto open = open_of(*store);
  CHECK(open.tasks.size() == tasks / 2 - 1);
  REQUIRE(open.errors.size() == 1);
  CHECK_THAT(open.errors[0],
             ContainsSubstring("30 were written") && ContainsSubstring("29 were found"));
  REQUIRE(good(store->check()).problems.size() == 1);
  CHECK_THAT(good(store->check()).problems[0], ContainsSubstring("30 and 30"));
  auto refused = store->backup(place / "copy");
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("30 and 30"));
  CHECK(std::filesystem::is_empty(place.path()));
}

TEST_CASE("a backup of a journal of which nobody knows how much it should have is refused") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  run(server, place, "update totals set ended_count = ended_count - 1");
  auto refused = store->backup(place / "copy");
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("damaged"));
}

TEST_CASE("damaged totals in PostgreSQL are said, counted again, and cost no task") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  good(store->apply(std::vector<change>{opened(task_number(101)), ended(task_number(101))}));
  auto damage =
      GENERATE(as<std::string>{}, "update totals set ended_count = ended_count + (1 << 20)",
               "update totals set ended_digest = 0",
               "update totals set pool_count = pool_count - 1", "update totals set writer = null",
               "update totals set span = span + 8", "update totals set number = number + 3",
               "update totals set sum = sha256('')", "delete from totals");
  auto is_open_again = GENERATE(false, true);
  auto is_by_apply = GENERATE(false, true);
  INFO(damage << (is_open_again ? ", opened again" : "") << (is_by_apply ? ", apply" : ", forget"));
  if (is_open_again)
    store = nullptr;
  run(server, place, damage);
  if (is_open_again)
    store = open_in(server, place);
  auto problems = good(store->check()).problems;
  REQUIRE_FALSE(problems.empty());
  CHECK_THAT(problems.back(), ContainsSubstring("how much there is to be"));
  auto open = open_of(*store);
  CHECK(open.tasks.size() == tasks / 2);
  REQUIRE(open.errors.size() == 1);
  CHECK_THAT(open.errors[0], ContainsSubstring("30 were found among all tasks"));
  CHECK(store->take_warnings().empty());
  auto ended_tasks = tasks / 2 + 1;
  if (is_by_apply) {
    good(store->apply(std::vector<change>{ended(task_number(1)), opened(task_number(102))}));
    ++ended_tasks;
  }
  // What there are too many of is forgotten, and by a wrong count that would be all.
  CHECK(good(store->forget_ended({0, ended_tasks - 1}, 1000)) == 1);
  auto warnings = store->take_warnings();
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("counted again"));
  CHECK(checked(*store).ended_tasks == ended_tasks - 1);
  CHECK(open_of(*store).errors.empty());
  CHECK(good(store->pools()).size() == 1);
  // And what was counted is kept.
  good(store->apply(std::vector<change>{ended(task_number(3))}));
  checked(*store);
  CHECK(store->take_warnings().empty());
}

TEST_CASE("a damaged row of a pool is named") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  run(server, place, "update pools set record = 'other pool'");
  auto pools = store->pools();
  REQUIRE(pools.has_value());
  CHECK(pools->records.empty());
  REQUIRE(pools->damaged.size() == 1);
  CHECK_THAT(pools->damaged[0].message, ContainsSubstring("pool 'pool_0'"));
  CHECK_THAT(good(store->check()).problems.at(0), ContainsSubstring("pool 'pool_0'"));
  CHECK(store->backup(place / "copy").has_error());
}

TEST_CASE("a pool that is gone without a trace from PostgreSQL is missed") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  run(server, place, "delete from pools");
  auto pools = store->pools();
  REQUIRE(pools.has_value());
  REQUIRE(pools->damaged.size() == 1);
  CHECK_THAT(pools->damaged[0].message, ContainsSubstring("list of pools"));
  CHECK_FALSE(good(store->check()).problems.empty());
}

TEST_CASE("an open task that is gone from the index of them is found and said") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  store = nullptr;
  auto is_kept = [&](const std::string& value) {
    run(server, place,
        "set allow_system_table_mods = on; update pg_index set indisready = " + value +
            " where indexrelid = 'tasks_open'::regclass");
  };
  is_kept("false");
  good(open_in(server, place)->apply(std::vector<change>{opened(task_number(100))}));
  is_kept("true");
  store = open_in(server, place);
  auto open = open_of(*store);
  CHECK(open.tasks.size() == tasks / 2 + 1);
  REQUIRE(open.errors.size() == 1);
  CHECK_THAT(open.errors[0], ContainsSubstring("the same ones"));
  auto problems = good(store->check()).problems;
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], ContainsSubstring("reindex"));
  run(server, place, "reindex index tasks_open");
  checked(*store);
  CHECK(open_of(*store).errors.empty());
}

TEST_CASE("a value that the server cannot read any more costs its task alone") {
  NEEDS_POSTGRES;
  auto store = fill(server, place);
  task_opened large = opened(task_number(100), "pool_1", 0, "a key");
  std::mt19937 random{seed()};
  for (int i = 0; i < 50'000; ++i)
    large.work += static_cast<char>(random());
  auto large_end = ended(task_number(102), 5);
  large_end.output = large.work;
  good(store->apply(std::vector<change>{
      large, opened(task_number(101), "pool_1", 0, "other key"), opened(task_number(102), "pool_2"),
      large_end, opened(task_number(103), "pool_2"), ended(task_number(103)),
      pool_opened{pool_id{"pool_1"}, large.work}, pool_opened{pool_id{"pool_2"}, "a pool"}}));
  // As a bad disk: large values are in a file of their own, and now there is nothing in it.
  auto file_of = [&](const std::string& table) {
    return server.data() / server.sql("select pg_relation_filepath(reltoastrelid) from pg_class "
                                      "where oid = '" +
                                      quoted_name(schema_of(place)) + "." + table + "'::regclass");
  };
  std::vector files{file_of("tasks"), file_of("pools")};
  server.stop(SIGINT);
  for (const auto& file : files)
    std::ofstream{file, std::ios::binary} << std::string(65'536, '\0');
  server.start();
  auto open = open_of(*store);
  CHECK(open.tasks.size() == tasks / 2 + 1);
  REQUIRE(open.errors.size() == 1);
  CHECK_THAT(open.errors[0], ContainsSubstring(large.task.str()));
  CHECK(store->find(large.task).has_error());
  auto is_named = [&](const result<found<stored_task>>& list, std::size_t others) {
    REQUIRE(list.has_value());
    CHECK(list->records.size() == others);
    REQUIRE(list->damaged.size() == 1);
    CHECK_THAT(list->damaged[0].message, ContainsSubstring(large.task.str()));
  };
  is_named(store->keyed(10), 1);
  is_named(store->list({}), tasks + 3);
  is_named(store->list({{}, {0}, {}, 10}), 9);
  is_named(store->list({pool_id{"pool_1"}, {}, {}, 10}), 9);
  CHECK(good(store->list({{}, {2}, {}, 10, true})).size() == 10);
  // Pages go on behind it, however large they are.
  for (std::size_t most : {1u, 7u, 1000u}) {
    std::vector<task_id> ends;
    for (end_position last;;) {
      auto page = good(store->ended_after(last, 5000, most));
      if (page.last == last)
        break;
      REQUIRE(last < page.last);
      last = page.last;
      for (const auto& each : page.tasks.records)
        ends.push_back(each.task);
      for (const auto& each : page.tasks.damaged) {
        CHECK_THAT(each.message, ContainsSubstring(task_number(102).str()));
        ends.push_back(task_number(102));
      }
    }
    CHECK(ends.size() == tasks / 2 + 2);
    CHECK(std::is_sorted(ends.begin(), ends.end()));
  }
  auto pools = store->pools();
  REQUIRE(pools.has_value());
  CHECK(pools->records.size() == 2);
  REQUIRE(pools->damaged.size() == 1);
  CHECK_THAT(pools->damaged[0].message, ContainsSubstring("pool 'pool_1'"));
  auto report = good(store->check());
  REQUIRE(report.problems.size() == 3);
  CHECK_THAT(report.problems[0], ContainsSubstring("pool 'pool_1'"));
  CHECK_THAT(report.problems[1], ContainsSubstring(large.task.str()));
  CHECK_THAT(report.problems[2], ContainsSubstring(large_end.task.str()));
  CHECK(report.open_tasks == tasks / 2 + 2);
  // All of it is of one instant, whatever is written meanwhile.
  std::vector<task_id> given;
  good(open_in(server, place, postgres_use::read)->each_open([&](const result<stored_task>& each) {
    if (given.empty())
      good(store->apply(std::vector<change>{ended(task_number(101)), opened(task_number(200))}));
    given.push_back(each ? each->task : large.task);
  }));
  CHECK(given.size() == tasks / 2 + 2);
  CHECK(given.back() == task_number(101));
}
