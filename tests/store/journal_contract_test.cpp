// SPDX-License-Identifier: MIT
/// What every journal store has to do, whichever it is.
#include "store/postgres_server.hpp"
#include "store/support.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

struct store_maker {
  std::string name;
  /// The same store again for the same directory.
  std::function<std::unique_ptr<journal_store>(const scratch&)> open;
};

const std::vector<store_maker>& makers() {
  static const std::vector<store_maker> all = [] {
    std::vector<store_maker> made{
        {"SQLite", [](const scratch& place) { return open_journal(place / "journal.db"); }},
    };
    if (postgres_server::shared() != nullptr)
      made.push_back({"PostgreSQL", [](const scratch& place) {
                        return open_in(*postgres_server::shared(), place);
                      }});
    return made;
  }();
  return all;
}

/// A store of each kind, one after the other.
#define EACH_STORE                                                                                 \
  const auto& maker =                                                                              \
      makers()[GENERATE(Catch::Generators::range<std::size_t>(0, makers().size()))];               \
  INFO(maker.name);                                                                                \
  scratch place;                                                                                   \
  auto store = maker.open(place)

/// The rules of the interface in the plainest way.
class model {
public:
  void apply(const std::vector<change>& span) {
    for (const auto& each : span)
      std::visit([this](const auto& one) { take(one); }, each);
  }

  std::vector<stored_task> open() const {
    std::vector<stored_task> found;
    for (const auto& [id, task] : tasks)
      if (!task.ended_at)
        found.push_back(task);
    return found;
  }

  std::vector<stored_task> list(const task_filter& wanted) const {
    std::vector<stored_task> found;
    for (auto each = tasks.rbegin(); each != tasks.rend() && found.size() < wanted.limit; ++each) {
      const auto& task = each->second;
      bool has_status = std::find(wanted.statuses.begin(), wanted.statuses.end(), task.status) !=
                        wanted.statuses.end();
      if ((!wanted.only_ended || task.ended_at) &&
          (wanted.pool.empty() || wanted.pool == task.pool) &&
          (wanted.statuses.empty() || has_status) &&
          (wanted.before.empty() || task.task < wanted.before))
        found.push_back(without_output(task));
    }
    return found;
  }

  std::vector<stored_task> keyed(std::size_t most) const {
    std::vector<stored_task> found;
    for (auto each = tasks.rbegin(); each != tasks.rend() && found.size() < most; ++each)
      if (!each->second.key.empty())
        found.push_back(without_output(each->second));
    return found;
  }

  std::vector<stored_task> ended_after(const end_position& position, wall_time before,
                                       std::size_t most) const {
    std::map<end_position, stored_task> ends;
    for (const auto& [id, task] : tasks)
      if (task.ended_at && position < end_position{*task.ended_at, id} && *task.ended_at < before)
        ends.emplace(end_position{*task.ended_at, id}, task);
    std::vector<stored_task> found;
    for (auto each = ends.begin(); each != ends.end() && found.size() < most; ++each)
      found.push_back(each->second);
    return found;
  }

  std::size_t forget(const retention& kept, std::size_t step) {
    std::vector<std::pair<wall_time, task_id>> ends;
    for (const auto& [id, task] : tasks)
      if (task.ended_at)
        ends.emplace_back(*task.ended_at, id);
    std::sort(ends.begin(), ends.end());
    auto excess = kept.most != 0 && ends.size() > kept.most ? ends.size() - kept.most : 0;
    std::size_t gone = 0;
    for (; gone < ends.size() && gone < step; ++gone) {
      if (gone >= excess && ends[gone].first >= kept.ended_before)
        break;
      tasks.erase(ends[gone].second);
    }
    return gone;
  }

  std::map<task_id, stored_task> tasks;
  std::map<std::string, std::string> pools;

private:
  void take(const pool_opened& pool) { pools[pool.pool.value] = pool.record; }
  void take(const pool_closed& pool) { pools.erase(pool.pool.value); }
  void take(const task_opened& task) { tasks.emplace(task.task, stored(task)); }
  void take(const task_moved& to) {
    auto task = tasks.find(to.task);
    if (task == tasks.end() || task->second.ended_at)
      return;
    task->second.status = to.status;
    task->second.attempt = to.attempt;
    task->second.progress = to.progress;
  }
  void take(const task_ended& end) {
    auto task = tasks.find(end.task);
    if (task == tasks.end() || task->second.ended_at)
      return;
    task->second.status = end.status;
    task->second.ended_at = end.at;
    task->second.attempt = end.attempt;
    task->second.progress = end.progress;
    task->second.result = end.result;
    task->second.output = end.output;
    task->second.error_output = end.error_output;
  }
};

} // namespace

TEST_CASE("a journal that is new has nothing in it") {
  EACH_STORE;
  CHECK(good(store->pools()).empty());
  CHECK(open_tasks(*store).empty());
  CHECK(good(store->list({})).empty());
  CHECK(good(store->keyed(10)).empty());
  CHECK_FALSE(good(store->find(task_number(1))));
  CHECK(good(store->forget_ended({1000, 1}, 10)) == 0);
  CHECK(checked(*store).ended_tasks == 0);
  CHECK(store->take_warnings().empty());
  good(store->apply({}));
}

TEST_CASE("a journal has its pools, the newest record of each") {
  EACH_STORE;
  good(store->apply(std::vector<change>{pool_opened{pool_id{"pool_1"}, "first"},
                                        pool_opened{pool_id{"pool_2"}, std::string("\0\xff", 2)},
                                        pool_opened{pool_id{"pool_1"}, "second"}}));
  good(store->apply(std::vector<change>{pool_opened{pool_id{"pool_3"}, ""},
                                        pool_closed{pool_id{"pool_3"}},
                                        pool_closed{pool_id{"pool_4"}}}));
  store = nullptr;
  store = maker.open(place);
  auto pools = good(store->pools());
  REQUIRE(pools.size() == 2);
  std::sort(pools.begin(), pools.end(),
            [](const auto& a, const auto& b) { return a.pool < b.pool; });
  CHECK(pools[0].pool.value == "pool_1");
  CHECK(pools[0].record == "second");
  CHECK(pools[1].record == std::string("\0\xff", 2));
  CHECK(checked(*store).pools == 2);
}

TEST_CASE("pools and keys may be called anything, and are not taken for each other") {
  EACH_STORE;
  std::string start(40, 'p');
  std::vector<std::string> names{std::string(1, '\0'),
                                 std::string("\0a", 2),
                                 std::string("a\0", 2),
                                 "\xff\xfe",
                                 "\xc3",
                                 "'; drop table pools; --",
                                 "%s\\x00",
                                 start,
                                 start + "1",
                                 start + '\0',
                                 std::string(100'000, 'x'),
                                 std::string(100'000, 'x') + "y"};
  std::mt19937 random{seed()};
  for (char& byte : names.emplace_back(20'000, ' ')) // nothing that could be packed
    byte = static_cast<char>(random());
  std::vector<change> span;
  for (std::size_t i = 0; i < names.size(); ++i) {
    span.emplace_back(pool_opened{pool_id{names[i]}, "record " + std::to_string(i)});
    auto id = task_number(i + 1);
    span.emplace_back(opened(id, names[i], 0, names[names.size() - 1 - i]));
    if (i % 2 == 0)
      span.emplace_back(ended(id));
  }
  good(store->apply(span));
  good(store->apply(std::vector<change>{pool_opened{pool_id{names[1]}, "another"},
                                        pool_closed{pool_id{names[10]}}}));
  store = nullptr;
  store = maker.open(place);
  std::map<std::string, std::string> found;
  for (const auto& each : good(store->pools()))
    found[each.pool.value] = each.record;
  CHECK(found.size() == names.size() - 1);
  CHECK(found[names[1]] == "another");
  CHECK(found[names[11]] == "record 11");
  for (std::size_t i = 0; i < names.size(); ++i) {
    task_filter of_pool;
    of_pool.pool = pool_id{names[i]};
    auto listed = good(store->list(of_pool));
    REQUIRE(ids_of(listed) == std::vector{task_number(i + 1)});
    CHECK((listed[0].pool.value == names[i] && listed[0].key == names[names.size() - 1 - i]));
  }
  CHECK(good(store->keyed(100)).size() == names.size());
  checked(*store);
}

TEST_CASE("a task is found again with all that was said of it") {
  EACH_STORE;
  auto first = opened(task_number(1), "pool_1", 7, "a key");
  good(store->apply(std::vector<change>{first}));
  CHECK(task_in(*store, first.task) == stored(first));

  auto second = moved(first.task, 8, -3);
  good(store->apply(std::vector<change>{second}));
  auto there = stored(first);
  there.status = 8;
  there.attempt = -3;
  there.progress = second.progress;
  CHECK(task_in(*store, first.task) == there);
  CHECK(open_tasks(*store) == std::vector{there});

  auto last = ended(first.task, 255, -5);
  good(store->apply(std::vector<change>{last}));
  CHECK(task_in(*store, first.task) == stored(first, last));
  CHECK(open_tasks(*store).empty());

  good(store->apply(std::vector<change>{ended(first.task, 1), moved(first.task), first}));
  store = nullptr;
  store = maker.open(place);
  CHECK(task_in(*store, first.task) == stored(first, last));
  checked(*store);
}

TEST_CASE("any bytes are kept as they are, also none and many") {
  EACH_STORE;
  std::mt19937 random{seed()};
  std::vector<stored_task> all;
  for (std::uint64_t n = 1; n <= 8; ++n) {
    auto bytes = [&] {
      std::string made(n == 8 ? 1'000'000 : random() % (std::size_t{1} << 2 * n), '\0');
      for (auto& byte : made)
        byte = static_cast<char>(random());
      return made;
    };
    task_opened first{task_number(n), pool_id{bytes()}, 1, -1, bytes(), bytes()};
    task_ended last{first.task, 2, 0, 5, bytes(), bytes(), bytes(), bytes()};
    good(store->apply(std::vector<change>{first}));
    good(store->apply(std::vector<change>{last}));
    all.push_back(stored(first, last));
    CHECK(task_in(*store, first.task) == all.back());
  }
  std::reverse(all.begin(), all.end());
  auto listed = good(store->list({}));
  REQUIRE(listed.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(listed[i] == without_output(all[i]));
  checked(*store);
}

TEST_CASE("the smallest and the largest id are ids like others") {
  EACH_STORE;
  task_id least{0, 1};
  task_id most{~0ull, ~0ull};
  good(store->apply(std::vector<change>{opened(least), opened(most, "pool_2"), ended(most)}));
  CHECK(task_in(*store, least).task == least);
  CHECK(ids_of(good(store->list({}))) == std::vector{most, least});
  task_filter of_pool;
  of_pool.pool = pool_id{"pool_2"};
  CHECK(ids_of(good(store->list(of_pool))) == std::vector{most});
  task_filter older;
  older.before = most;
  CHECK(ids_of(good(store->list(older))) == std::vector{least});
}

TEST_CASE("a list is of the newest that are wanted, page by page") {
  EACH_STORE;
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 100; ++n) {
    auto pool = "pool_" + std::to_string(n % 3);
    span.emplace_back(opened(task_number(n), pool, 0));
    if (n % 10 != 0) // every tenth is open
      span.emplace_back(ended(task_number(n), n % 7 == 0 ? 5 : 4));
  }
  good(store->apply(span));
  task_filter wanted;
  wanted.pool = pool_id{"pool_1"};
  wanted.statuses = {5, 0, 5};
  wanted.limit = 4;
  std::vector<std::uint64_t> expected;
  for (std::uint64_t n = 100; n > 0; --n)
    if (n % 3 == 1 && (n % 10 == 0 || n % 7 == 0))
      expected.push_back(n);
  std::vector<std::uint64_t> found;
  for (;;) {
    auto page = good(store->list(wanted));
    if (page.empty())
      break;
    CHECK(page.size() <= 4);
    for (const auto& each : page)
      found.push_back(each.task.high());
    wanted.before = page.back().task;
  }
  CHECK(found == expected);

  CHECK(good(store->list({{}, {}, {}, 0})).empty());
  CHECK(good(store->list({{}, {9}, {}, 10})).empty());
  CHECK(good(store->list({pool_id{"pool_9"}, {}, {}, 10})).empty());
  CHECK(good(store->list({{}, {}, {}, ~std::size_t{0}})).size() == 100);
}

TEST_CASE(
    "ended tasks are read in the order of their ends, each once, with what they have written") {
  EACH_STORE;
  std::vector<change> span;
  std::vector<std::uint64_t> expected;
  for (std::uint64_t n = 1; n <= 50; ++n) {
    span.emplace_back(opened(task_number(n)));
    if (n % 5 != 0) // several end at once, and the newest ones first
      span.emplace_back(ended(task_number(n), 2, static_cast<wall_time>(1000 - n / 7)));
  }
  good(store->apply(span));
  for (std::uint64_t seventh = 8; seventh-- > 0;)
    for (auto n = seventh * 7; n < seventh * 7 + 7; ++n)
      if (n > 0 && n <= 50 && n % 5 != 0)
        expected.push_back(n);

  std::vector<std::uint64_t> found;
  end_position last;
  for (;;) {
    auto page = good(store->ended_after(last, 2000, 3));
    auto tasks = good<stored_task>(page.tasks);
    if (tasks.empty()) {
      CHECK(page.last == last);
      break;
    }
    CHECK(tasks.size() <= 3);
    for (const auto& each : tasks) {
      found.push_back(each.task.high());
      CHECK(each.output == "some output");
      CHECK(last < end_position{*each.ended_at, each.task});
      last = {*each.ended_at, each.task};
    }
    CHECK(page.last == last);
  }
  CHECK(found == expected);

  CHECK(good(store->ended_after({}, 993, 100)).tasks.records.empty());
  CHECK(good(store->ended_after({}, 994, 100)).tasks.records.size() == 1); // of 49
  CHECK(good(store->ended_after({}, 2000, 0)).tasks.records.empty());
}

TEST_CASE("ended tasks that have written much come in smaller pages, and all of them come") {
  EACH_STORE;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    auto end = ended(task_number(n));
    end.output.assign(5'000'000, 'o');
    good(store->apply(std::vector<change>{opened(task_number(n)), end}));
  }
  std::size_t found = 0;
  end_position last;
  for (std::size_t pages = 0; found < 5; ++pages) {
    REQUIRE(pages < 5);
    auto page = good(store->ended_after(last, 5000, 100));
    REQUIRE_FALSE(page.tasks.records.empty());
    CHECK(page.tasks.records.size() < 3);
    found += page.tasks.records.size();
    last = page.last;
  }
  CHECK(good(store->ended_after(last, 5000, 100)).tasks.records.empty());
}

TEST_CASE("tasks that need not be kept go a few at a time, those that ended first before others") {
  EACH_STORE;
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    span.emplace_back(opened(task_number(n)));
    if (n > 2) // the two oldest ones never end
      span.emplace_back(ended(task_number(n), 2, static_cast<wall_time>(1000 + n)));
  }
  good(store->apply(span));
  CHECK(good(store->forget_ended({}, 100)) == 0);
  CHECK(good(store->forget_ended({1011, 0}, 0)) == 0);
  CHECK(good(store->forget_ended({1011, 0}, 5)) == 5);
  CHECK(good(store->forget_ended({1011, 0}, 5)) == 3);
  CHECK(good(store->forget_ended({1011, 0}, 5)) == 0);
  CHECK_FALSE(good(store->find(task_number(10))));
  CHECK(good(store->find(task_number(11))));
  CHECK(good(store->forget_ended({0, 4}, 100)) == 6);
  CHECK(good(store->forget_ended({1018, 3}, 100)) == 1);
  CHECK(ids_of(good(store->list({}))) == std::vector{task_number(20), task_number(19),
                                                     task_number(18), task_number(2),
                                                     task_number(1)});
  CHECK(open_tasks(*store).size() == 2);
  auto report = checked(*store);
  CHECK(report.open_tasks == 2);
  CHECK(report.ended_tasks == 3);
}

TEST_CASE("whatever is written in whatever spans, the journal says what a plain table would") {
  EACH_STORE;
  model expected;
  std::mt19937 random{seed()};
  auto one_of = [&](std::uint64_t most) { return random() % most; };
  for (int round = 0; round < 150; ++round) {
    std::vector<change> span;
    for (auto left = one_of(30); left > 0; --left) {
      auto task = task_number(1 + one_of(60));
      auto status = static_cast<std::uint8_t>(one_of(5));
      auto pool = "pool_" + std::to_string(one_of(3));
      switch (one_of(8)) {
      case 0: span.emplace_back(pool_opened{pool_id{pool}, std::to_string(random())}); break;
      case 1: span.emplace_back(pool_closed{pool_id{pool}}); break;
      case 2:
      case 3:
      case 4:
        span.emplace_back(opened(task, pool, status, one_of(2) == 0 ? "" : "key " + pool));
        break;
      case 5: span.emplace_back(moved(task, status, static_cast<std::int32_t>(random()))); break;
      default:
        span.emplace_back(ended(task, status, static_cast<wall_time>(one_of(1000))));
        std::get<task_ended>(span.back()).output = std::to_string(random());
      }
    }
    expected.apply(span);
    good(store->apply(span));
    if (one_of(10) == 0) {
      store = nullptr;
      store = maker.open(place);
    }
    if (one_of(4) == 0) {
      retention kept{static_cast<wall_time>(one_of(200)), one_of(2) * one_of(40)};
      auto step = one_of(6);
      REQUIRE(good(store->forget_ended(kept, step)) == expected.forget(kept, step));
    }
    REQUIRE(open_tasks(*store) == expected.open());
    auto pools = good(store->pools());
    REQUIRE(pools.size() == expected.pools.size());
    for (const auto& each : pools)
      REQUIRE(expected.pools.at(each.pool.value) == each.record);
    task_filter wanted;
    if (one_of(2) == 0)
      wanted.pool = pool_id{"pool_" + std::to_string(one_of(4))};
    for (auto left = one_of(4); left > 0; --left)
      wanted.statuses.push_back(static_cast<std::uint8_t>(one_of(6)));
    if (one_of(2) == 0)
      wanted.before = task_number(one_of(62));
    wanted.only_ended = one_of(3) == 0;
    wanted.limit = one_of(20);
    REQUIRE(good(store->list(wanted)) == expected.list(wanted));
    auto most = one_of(20);
    REQUIRE(good(store->keyed(most)) == expected.keyed(most));
    end_position from{static_cast<wall_time>(one_of(1000)), task_number(one_of(62))};
    auto before = static_cast<wall_time>(one_of(1200));
    auto ends = good(store->ended_after(from, before, most));
    REQUIRE(good<stored_task>(ends.tasks) == expected.ended_after(from, before, most));
  }
  for (std::uint64_t n = 0; n <= 61; ++n) {
    auto at = expected.tasks.find(task_number(n));
    auto there = good(store->find(task_number(n)));
    REQUIRE(there.has_value() == (at != expected.tasks.end()));
    if (there)
      REQUIRE(*there == at->second);
  }
  checked(*store);
}

TEST_CASE("a copy of a journal is a journal with the same in it") {
  EACH_STORE;
  good(store->apply(std::vector<change>{opened(task_number(1)), pool_opened{pool_id{"p"}, "r"}}));
  auto copy = place / "copy";
  good(store->backup(copy));
  good(store->apply(std::vector<change>{opened(task_number(2))}));

  auto refused = store->backup(copy);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::already_exists);
  CHECK_THAT(refused.error().message, ContainsSubstring(copy));
  auto nowhere = store->backup(place / "missing/copy");
  REQUIRE(nowhere.has_error());
  CHECK_THAT(nowhere.error().message, ContainsSubstring("missing/copy"));

  CHECK(open_tasks(*store).size() == 2);
  // Whatever the store, a copy is a SQLite file.
  auto copied = open_journal(copy);
  CHECK(ids_of(open_tasks(*copied)) == std::vector{task_number(1)});
  CHECK(good(copied->pools()).size() == 1);
  checked(*copied);
}

TEST_CASE("compacting loses nothing") {
  EACH_STORE;
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    span.emplace_back(opened(task_number(n)));
    if (n % 2 == 0)
      span.emplace_back(ended(task_number(n)));
  }
  good(store->apply(span));
  while (good(store->forget_ended({0, 10}, 500)) == 500) {
  }
  auto before = checked(*store);
  good(store->compact());
  auto after = checked(*store);
  CHECK(after.bytes < before.bytes);
  CHECK(after.open_tasks == 1000);
  CHECK(after.ended_tasks == 10);
  CHECK(task_in(*store, task_number(2000)) ==
        stored(opened(task_number(2000)), ended(task_number(2000))));
  good(store->apply(std::vector<change>{opened(task_number(3000))}));
}
