// SPDX-License-Identifier: MIT
/// Files with bits that are not those that were written.
#include "store/faulty_vfs.hpp"
#include "store/sqlite_connection.hpp"
#include "store/support.hpp"

#include <algorithm>
#include <map>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

constexpr std::uint64_t tasks = 120;
constexpr std::size_t page_size = 8192;

stored_task expected(std::uint64_t n) {
  auto first = opened(task_number(n), "pool_" + std::to_string(n % 2), 0, n % 3 == 0 ? "key" : "");
  first.work.append(n % 40 == 0 ? 20'000 : 100, 'w');
  auto last = ended(first.task, n % 10 == 0 ? 3 : 2, static_cast<wall_time>(5000 + n));
  return n % 2 == 0 ? stored(first, last) : stored(first);
}

/// A journal that was closed: all in one file. Half of its tasks are open.
std::string make_journal(const std::string& path) {
  auto store = open_journal(path);
  std::vector<change> span{pool_opened{pool_id{"pool_0"}, "a pool"}};
  for (std::uint64_t n = 1; n <= tasks; ++n) {
    auto task = expected(n);
    span.emplace_back(task_opened{task.task, task.pool, 0, task.opened_at, task.key, task.work});
    if (task.ended_at)
      span.emplace_back(task_ended{task.task, task.status, *task.ended_at, task.attempt,
                                   task.progress, task.result, task.output, task.error_output});
  }
  good(store->apply(span));
  store = nullptr;
  return content_of(path);
}

/// What reading has said that is not as it was written.
struct reading {
  bool has_error = false;
  bool has_gap = false;
};

/// All that is found is right; what is not found is said, here or by a check.
void read_all(journal_store& store, reading& so_far) {
  auto pools = store.pools();
  so_far.has_error |= pools.has_error() || !pools->damaged.empty();
  if (pools) {
    for (const auto& each : pools->records)
      REQUIRE((each.pool.value == "pool_0" && each.record == "a pool"));
    // The tasks of one that is no more are cancelled: none may be missing without a word.
    REQUIRE((pools->records.size() == 1 || !pools->damaged.empty()));
  }

  bool open_error = false;
  std::size_t open = 0;
  task_id last;
  auto read = store.each_open([&](result<stored_task> each) {
    open_error |= each.has_error();
    if (!each)
      return;
    REQUIRE(*each == expected(each->task.high()));
    REQUIRE(last < each->task);
    last = each->task;
    ++open;
  });
  open_error |= read.has_error();
  // A server takes these up again: none may be missing without a word.
  REQUIRE((open == tasks / 2 || open_error));
  REQUIRE(open <= tasks / 2);
  so_far.has_error |= open_error;

  for (std::uint64_t n = 1; n <= tasks; ++n) {
    auto task = store.find(task_number(n));
    so_far.has_error |= task.has_error();
    so_far.has_gap |= task && !*task;
    if (task && *task)
      REQUIRE(**task == expected(n));
  }
  end_position behind;
  for (std::size_t ended = 0;;) {
    auto page = store.ended_after(behind, 1'000'000, 7);
    so_far.has_error |= page.has_error() || !page->tasks.damaged.empty();
    if (!page || (page->tasks.records.empty() && page->tasks.damaged.empty())) {
      so_far.has_gap |= ended != tasks / 2;
      break;
    }
    for (const auto& each : page->tasks.records)
      REQUIRE(each == expected(each.task.high()));
    ended += page->tasks.records.size();
    REQUIRE(behind < page->last);
    behind = page->last;
  }
  auto take_list = [&](const result<found<stored_task>>& all, auto is_wanted) {
    so_far.has_error |= all.has_error() || !all->damaged.empty();
    if (!all)
      return;
    const auto* list = &all->records;
    std::size_t wanted = 0;
    for (std::uint64_t n = 1; n <= tasks; ++n)
      wanted += is_wanted(expected(n));
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto& each = (*list)[i];
      REQUIRE(each == without_output(expected(each.task.high())));
      REQUIRE(is_wanted(each));
      REQUIRE((i == 0 || each.task < (*list)[i - 1].task));
    }
    so_far.has_gap |= list->size() != wanted;
  };
  take_list(store.list({{}, {}, {}, 1000}), [](const auto&) { return true; });
  take_list(store.list({{}, {3}, {}, 1000}), [](const auto& each) { return each.status == 3; });
  take_list(store.list({pool_id{"pool_0"}, {}, {}, 1000}),
            [](const auto& each) { return each.pool.value == "pool_0"; });
  take_list(store.keyed(1000), [](const auto& each) { return !each.key.empty(); });
}

} // namespace

TEST_CASE("with any bit flipped, all that is read is right, or it is said what is not") {
  faulty_disk disk; // it syncs nothing, which would take most of the time
  scratch place;
  auto whole = make_journal(place / "whole.db");
  std::mt19937 random{seed()};
  std::size_t noticed = 0;
  constexpr int rounds = 400;
  for (int i = 0; i < rounds; ++i) {
    auto bit = random() % (whole.size() * 8);
    if (i % 2 == 0) // heads of pages, where a bit can do most
      bit = bit / 8 / page_size * page_size * 8 + random() % (100 * 8);
    INFO("bit " << bit);
    std::filesystem::remove(place / "flipped.db-wal");
    std::filesystem::remove(place / "flipped.db-shm");
    place.write("flipped.db", flipped(whole, bit));
    auto store = open_sqlite(place / "flipped.db");
    if (!store) {
      CHECK_THAT(store.error().message, ContainsSubstring("flipped.db"));
      ++noticed;
      continue;
    }
    reading so_far;
    read_all(**store, so_far);
    auto report = (*store)->check();
    bool is_found = !report || !report->problems.empty();
    if (so_far.has_error || so_far.has_gap)
      REQUIRE(is_found);
    noticed += is_found;
  }
  // The others were in bytes that mean nothing.
  CHECK(noticed > rounds / 4);
}

TEST_CASE("a damaged task is named, and those behind it still come") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto whole = make_journal(path);
  // One bit in what task 51 has to do, one in what task 52 has written.
  auto broken = whole;
  auto work = broken.find("work of " + task_number(51).str());
  REQUIRE(work != std::string::npos);
  broken[work] ^= 1;
  auto its_result = broken.find("result of " + task_number(52).str());
  REQUIRE(its_result != std::string::npos);
  auto output = broken.find("some output", its_result);
  REQUIRE(output != std::string::npos);
  broken[output] ^= 1;
  place.write("journal.db", broken);

  auto store = open_journal(path);
  std::size_t good_ones = 0;
  std::vector<std::string> errors;
  good(store->each_open([&](result<stored_task> each) {
    if (each)
      ++good_ones;
    else
      errors.push_back(each.error().message);
  }));
  CHECK(good_ones == tasks / 2 - 1);
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], ContainsSubstring(task_number(51).str()) && ContainsSubstring(path) &&
                            ContainsSubstring("backup"));
  for (std::uint64_t n : {51, 52}) {
    auto refused = store->find(task_number(n));
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring(task_number(n).str()));
  }
  CHECK(task_in(*store, task_number(53)) == expected(53));
  auto ends = good(store->ended_after({}, 1'000'000, 1000));
  CHECK(ends.tasks.records.size() == tasks / 2 - 1);
  REQUIRE(ends.tasks.damaged.size() == 1);
  CHECK_THAT(ends.tasks.damaged[0].message, ContainsSubstring(task_number(52).str()));
  CHECK(ends.last == end_position{5000 + tasks, task_number(tasks)});
  // A list does not read what tasks have written.
  CHECK(good(store->list({{}, {}, {}, tasks - 51})).size() == tasks - 51);
  auto page = store->list({{}, {}, {}, tasks - 50});
  REQUIRE(page.has_value());
  CHECK(page->records.size() == tasks - 51);
  REQUIRE(page->damaged.size() == 1);
  CHECK_THAT(page->damaged[0].message, ContainsSubstring(task_number(51).str()));
  auto report = good(store->check());
  REQUIRE(report.problems.size() == 2);
  CHECK_THAT(report.problems[0], ContainsSubstring(task_number(51).str()));
  CHECK_THAT(report.problems[1], ContainsSubstring(task_number(52).str()));
  // Others go on as ever.
  good(store->apply(std::vector<change>{ended(task_number(51)), ended(task_number(53))}));
  CHECK(task_in(*store, task_number(53)).ended_at == 2000);
}

TEST_CASE("a task that a damaged list has twice is told once") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto bytes = make_journal(path);
  std::size_t page = 0;
  {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READONLY));
    auto code = SQLITE_OK;
    auto statement =
        connection.prepare("select rootpage from sqlite_schema where name = 'tasks_keyed'", code);
    sqlite_run row{statement};
    REQUIRE((code == SQLITE_OK && row.next()));
    page = static_cast<std::size_t>(row.number(0)) - 1;
  }
  // In the list of those with a key, what was task 54 is task 51 again.
  auto entry = bytes.find(task_key{task_number(54)}.bytes(), page * page_size);
  REQUIRE(entry < (page + 1) * page_size);
  bytes.replace(entry, 16, task_key{task_number(51)}.bytes());
  place.write("journal.db", bytes);

  auto store = open_journal(path);
  auto keyed = store->keyed(1000);
  REQUIRE(keyed.has_value());
  CHECK(keyed->records.size() == tasks / 3 - 1);
  CHECK(std::ranges::count(keyed->records, task_number(51), &stored_task::task) == 1);
  REQUIRE(keyed->damaged.size() == 1);
  CHECK_THAT(keyed->damaged[0].message, ContainsSubstring(task_number(51).str()));
  CHECK_FALSE(good(store->check()).problems.empty());
}

TEST_CASE("a damaged pool is named") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto bytes = make_journal(path);
  bytes[bytes.find("a pool")] ^= 1;
  place.write("journal.db", bytes);
  auto store = open_journal(path);
  auto pools = store->pools();
  REQUIRE(pools.has_value());
  CHECK(pools->records.empty());
  REQUIRE(pools->damaged.size() == 1);
  CHECK_THAT(pools->damaged[0].message, ContainsSubstring("pool 'pool_0'"));
  CHECK_THAT(good(store->check()).problems.at(0), ContainsSubstring("pool 'pool_0'"));
}

TEST_CASE("an open task that is gone from the list of them is found and said") {
  scratch place;
  auto path = (place / "journal.db").string();
  make_journal(path);
  {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE));
    // As damage would: the index is a table of its own behind SQLite's back.
    REQUIRE(connection.execute("pragma writable_schema = on; update sqlite_schema set sql = "
                               "replace(sql, 'is null', 'is null and attempt < 0') "
                               "where name = 'tasks_open'") == SQLITE_OK);
  }
  {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE));
    REQUIRE(connection.execute("reindex tasks_open; pragma writable_schema = on; "
                               "update sqlite_schema set sql = replace(sql, ' and attempt < 0', '')"
                               " where name = 'tasks_open'") == SQLITE_OK);
  }
  auto store = open_journal(path);
  std::size_t open = 0;
  std::vector<std::string> errors;
  good(store->each_open([&](result<stored_task> each) {
    if (each)
      ++open;
    else
      errors.push_back(each.error().message);
  }));
  CHECK(open == tasks / 2);
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0], ContainsSubstring("the same ones"));
  CHECK_FALSE(good(store->check()).problems.empty());
}

TEST_CASE("a damaged total is counted again and costs no task") {
  scratch place;
  auto path = (place / "journal.db").string();
  make_journal(path);
  auto damage = GENERATE(as<std::string>{}, "update totals set count = count + (1 << 40)",
                         "update totals set digest = 0 where of = 'ended'",
                         "delete from totals where of = 'pools'");
  INFO(damage);
  {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE));
    REQUIRE(connection.execute(damage) == SQLITE_OK);
  }
  auto store = open_journal(path);
  CHECK_FALSE(good(store->check()).problems.empty());
  // What there are too many of is forgotten, and by a wrong count that would be all.
  CHECK(good(store->forget_ended({0, tasks / 2}, 1000)) == 0);
  auto warnings = store->take_warnings();
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("counted again"));
  CHECK(checked(*store).ended_tasks == tasks / 2);
  CHECK(open_tasks(*store).size() == tasks / 2);
  CHECK(good(store->pools()).size() == 1);
}

TEST_CASE("a pool that is gone without a trace is missed") {
  scratch place;
  auto path = (place / "journal.db").string();
  make_journal(path);
  {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE));
    REQUIRE(connection.execute("delete from pools") == SQLITE_OK);
  }
  auto store = open_journal(path);
  auto pools = store->pools();
  REQUIRE(pools.has_value());
  REQUIRE(pools->damaged.size() == 1);
  CHECK_THAT(pools->damaged[0].message, ContainsSubstring("list of pools"));
}

TEST_CASE("what is damaged is neither backed up nor compacted") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto bytes = make_journal(path);
  bytes[bytes.find("work of " + task_number(51).str())] ^= 1;
  place.write("journal.db", bytes);
  auto store = open_journal(path);
  auto copied = store->backup(place / "copy.db");
  REQUIRE(copied.has_error());
  CHECK_THAT(copied.error().message, ContainsSubstring(task_number(51).str()));
  CHECK_FALSE(std::filesystem::exists(place / "copy.db"));
  auto compacted = store->compact();
  REQUIRE(compacted.has_error());
  CHECK_THAT(compacted.error().message, ContainsSubstring(task_number(51).str()));
}

TEST_CASE("a log without the file that it belongs to is not thrown away") {
  scratch place;
  auto path = (place / "journal.db").string();
  good(open_journal(path)->apply(std::vector<change>{opened(task_number(1))}));
  place.write("journal.db-wal", "what is left of a log");
  auto how = GENERATE(0, 1);
  if (how == 0)
    std::filesystem::remove(path);
  else
    place.write("journal.db", "");
  auto refused = open_sqlite(path);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("journal.db-wal"));
  CHECK(content_of(path + "-wal") == "what is left of a log");
}
