// SPDX-License-Identifier: MIT
/// A memory in a file: disks that fail, bits that flip, files of others and of other versions.
#include "store/content_hash.hpp"
#include "store/faulty_vfs.hpp"
#include "store/memory_support.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_memory_schema.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_search.hpp"

#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

constexpr std::uint64_t many = 60;

memory_record numbered(std::uint64_t n) {
  auto record = memory(n, "title" + std::to_string(n % 7),
                       n % 10 == 0 ? "equal" : "content number" + std::to_string(n),
                       "pool_" + std::to_string(n % 2));
  if (n % 20 == 5)
    record.content.append(20'000, ' ');
  if (n % 3 == 0)
    record.tags = {"third"};
  return record;
}

std::vector<memory_record> numbered(std::uint64_t first, std::uint64_t last) {
  std::vector<memory_record> all;
  for (auto n = first; n <= last; ++n)
    all.push_back(numbered(n));
  return all;
}

/// Either what was there before, or all that came with the second batch; whether it is that.
bool has_second_batch(memory_store& store) {
  auto cursor = good(store.cursor());
  REQUIRE((cursor == "first" || cursor == "second"));
  auto last = cursor == "first" ? std::uint64_t{10} : std::uint64_t{20};
  for (std::uint64_t n = 1; n <= 20; ++n) {
    auto there = good(store.find(task_number(n)));
    REQUIRE(there.has_value() == (n <= last));
    if (there)
      REQUIRE(*there == numbered(n));
  }
  CHECK(searched(store, looking_for("content")).total == last / 10 * 9);
  CHECK(searched(store, looking_for("number" + std::to_string(last - 1))).total == 1);
  CHECK(good(store.waiting("target", 0, 100)).size() == last / 10 * 9 + 1);
  checked(store);
  return cursor == "second";
}

void run_sql(const std::string& path, const std::string& sql) {
  auto connection =
      good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "memory"));
  INFO(sql);
  REQUIRE(connection.execute(sql) == SQLITE_OK);
}

} // namespace

TEST_CASE("a batch and its cursor are written whole or not at all, wherever the disk fails") {
  faulty_disk disk;
  for (const auto& [name, fault] : disk_faults()) {
    std::size_t failures = 0;
    for (std::size_t nth = 1;; ++nth) {
      INFO(name << " at call " << nth);
      scratch place;
      auto path = (place / "memory.db").string();
      {
        auto first = open_memory(path);
        good(first->enable("target", false));
        remember(*first, numbered(1, 10), "first");
      }
      auto store = open_memory(path);
      disk.fail(nth, fault);
      auto written = store->remember(numbered(11, 20), "second");
      auto has_failed = disk.has_failed();
      disk.mend();
      if (!written) {
        ++failures;
        CHECK_THAT(
            written.error().message,
            ContainsSubstring(path) && ContainsSubstring("memory") &&
                ContainsSubstring(fault.system_error == ENOSPC ? "no room" : "Input/output"));
      }
      CHECK(has_second_batch(*store) == written.has_value());
      CHECK(remember(*store, numbered(11, 20), "second").left_out == (written ? 10 : 0));
      CHECK(has_second_batch(*store));
      store = nullptr;
      CHECK(has_second_batch(*open_memory(path)));
      if (!has_failed)
        break;
      REQUIRE(nth < 1000);
    }
    INFO(name);
    CHECK((failures > 0 || fault.only == disk_call::sync)); // no commit waits for the disk
  }
}

TEST_CASE("forgetting fails without harm, wherever the disk fails") {
  faulty_disk disk;
  for (const auto& [name, fault] : disk_faults())
    for (std::size_t nth = 1;; ++nth) {
      INFO(name << " at call " << nth);
      scratch place;
      auto path = (place / "memory.db").string();
      remember(*open_memory(path), numbered(1, 20), "first");
      auto store = open_memory(path);
      disk.fail(nth, fault);
      auto gone = store->forget({0, 5}, 100);
      auto has_failed = disk.has_failed();
      disk.mend();
      CHECK(good(store->stats()).records == (gone ? 5 : 20));
      checked(*store);
      CHECK(good(store->forget({0, 5}, 100)) == (gone ? 0 : 15));
      CHECK(searched(*store, looking_for("content")).total == 4);
      checked(*store);
      if (!has_failed)
        break;
      REQUIRE(nth < 1000);
    }
}

TEST_CASE("a power cut at any instant leaves some batch and all before it, and nothing else") {
  faulty_disk disk;
  scratch place;
  auto path = (place / "memory.db").string();
  disk.remember_syncs();
  std::mt19937 random{seed()};
  constexpr std::uint64_t batches = 40;
  constexpr std::uint64_t size = 10;
  std::set<std::uint64_t> all_kept;
  std::uint64_t most_synced = 0;
  std::size_t left = 0;
  auto cut_power = [&] {
    if (left > 0) {
      --left;
      return;
    }
    left = random() % 100;
    // The disk may have written more than it was told to.
    auto kind = random() % 3;
    bool is_file_ahead = kind > 0;
    bool is_log_ahead = kind > 1;
    scratch crashed;
    for (auto [end, is_ahead] : {std::pair{"", is_file_ahead}, std::pair{"-wal", is_log_ahead}}) {
      auto synced = disk.synced(path + end);
      if (is_ahead && std::filesystem::exists(path + end))
        crashed.write(std::string{"memory.db"} + end, content_of(path + end));
      else if (!is_ahead && synced)
        crashed.write(std::string{"memory.db"} + end, *synced);
    }
    if (!std::filesystem::exists(crashed / "memory.db"))
      return;
    auto after = open_memory(crashed / "memory.db");
    auto cursor = good(after->cursor());
    std::uint64_t kept = cursor.empty() ? 0 : std::stoull(cursor);
    all_kept.insert(kept);
    if (!is_log_ahead)
      most_synced = std::max(most_synced, kept);
    REQUIRE(good(after->stats()).records == kept * size);
    REQUIRE_FALSE(good(after->find(task_number(kept * size + 1))));
    if (kept > 0)
      REQUIRE(good(after->find(task_number(kept * size))));
    REQUIRE(searched(*after, looking_for("word")).total == kept * size);
  };
  std::unique_ptr<memory_store> store;
  disk.before_each_write(cut_power);
  for (std::uint64_t batch = 1; batch <= batches; ++batch) {
    if (!store)
      store = open_memory(path);
    std::vector<memory_record> records;
    for (auto n = batch * size - size + 1; n <= batch * size; ++n)
      records.push_back(memory(n, "job", "word " + std::to_string(n) + std::string(5'000, ' ')));
    remember(*store, records, std::to_string(batch));
    if (batch % 5 == 0) // what is in the log is put where it belongs
      store = nullptr;
  }
  disk.before_each_write({});
  CHECK(all_kept.size() > 5);
  CHECK(most_synced > 0);
  checked(*open_memory(path));
}

TEST_CASE(
    "with any bit of a memory flipped, all that is read is right, or it is said what is not") {
  faulty_disk disk; // it syncs nothing, which would take most of the time
  scratch place;
  {
    auto store = open_memory(place / "whole.db");
    good(store->enable("target", false));
    remember(*store, numbered(1, many), "a cursor");
    good(store->settle("target", std::vector<outcome>{{1, delivery::failed, "away", 10},
                                                      {2, delivery::sent, "", 0}}));
  }
  auto whole = content_of(place / "whole.db");
  std::mt19937 random{seed()};
  std::size_t noticed = 0;
  std::size_t refused = 0;
  constexpr int rounds = 400;
  for (int i = 0; i < rounds; ++i) {
    auto bit = random() % (whole.size() * 8);
    if (i % 2 == 0) // heads of pages, where a bit can do most
      bit = bit / 8 / 8192 * 8192 * 8 + random() % (100 * 8);
    INFO("bit " << bit);
    for (const auto* end : {"-wal", "-shm"})
      std::filesystem::remove(place / (std::string{"flipped.db"} + end));
    place.write("flipped.db", flipped(whole, bit));
    auto opened = open_sqlite_memory(place / "flipped.db");
    if (!opened) {
      CHECK_THAT(opened.error().message, ContainsSubstring("flipped.db"));
      ++noticed;
      continue;
    }
    auto& store = **opened;
    bool is_said = false;
    bool has_gap = false;
    auto cursor = store.cursor();
    is_said |= !cursor || !store.take_warnings().empty();
    REQUIRE((is_said || *cursor == "a cursor"));
    for (std::uint64_t n = 1; n <= many; ++n) {
      auto there = store.find(task_number(n));
      is_said |= there.has_error();
      has_gap |= there && !*there;
      if (there && *there)
        REQUIRE(**there == numbered(n));
    }
    for (const auto* text : {"", "content", "number17", "title3 number1*", "\"content number17\""})
      for (int filter = 0; filter < 2; ++filter) {
        auto query = looking_for(text, 100);
        if (filter == 1)
          query.tags = {"third"};
        auto page = store.search(query);
        is_said |= page.has_error() || !page->damaged.empty();
        if (!page)
          continue;
        for (const auto& hit : page->hits) {
          auto expected = numbered(hit.newest.task.high());
          auto content = expected.content;
          expected.content.clear();
          REQUIRE(hit.newest == expected);
          REQUIRE(hit.bytes == content.size());
          if (text == std::string{"number17"})
            REQUIRE(hit.newest.task == task_number(17));
        }
      }
    auto report = store.check(); // before what waits and is damaged is given up
    bool is_found = !report || !report->problems.empty();
    auto waiting = store.waiting("target", 5, 100);
    is_said |= waiting.has_error() || !waiting->damaged.empty();
    if (waiting)
      for (const auto& each : waiting->records)
        REQUIRE(each.record == numbered(each.record.task.high()));
    if (is_said || has_gap)
      REQUIRE(is_found);
    noticed += is_found;
    // It may be refused, but only for what is damaged.
    auto written = store.remember(numbered(many + 1, many + 5), "further");
    // The head of a file says how it may be used.
    std::string refusal = bit / 8 == 18 ? "may only be read" : "damaged";
    if (written) {
      REQUIRE(written->added == 5);
      auto reached = store.cursor();
      REQUIRE(reached);
      REQUIRE(*reached == "further");
    } else
      REQUIRE_THAT(written.error().message,
                   ContainsSubstring("flipped.db") && ContainsSubstring(refusal));
    for (auto n = many + 1; n <= many + 5; ++n) {
      auto there = store.find(task_number(n));
      REQUIRE((there || is_found));
      // What is added to a page of rows that is out of order may not be found there, or belong to
      // another pool.
      if (there)
        REQUIRE((there->has_value() == written.has_value() || is_found));
      if (there && *there && !is_found)
        REQUIRE(**there == numbered(n));
    }
    auto gone = store.forget({0, 10}, 20);
    if (gone)
      REQUIRE((*gone == 20 || is_found));
    else
      REQUIRE_THAT(gone.error().message,
                   ContainsSubstring("flipped.db") && ContainsSubstring(refusal));
    refused += !written || !gone;
  }
  CHECK(noticed > rounds / 4);
  CHECK(refused < noticed / 2);
}

TEST_CASE("a damaged record of a memory is named, and others are found") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), numbered(1, 9));
  auto bytes = content_of(path);
  auto content = bytes.find("content number7");
  REQUIRE(content != std::string::npos);
  bytes[content] ^= 1;
  place.write("memory.db", bytes);
  auto store = open_memory(path);
  auto refused = store->find(task_number(7));
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring(path) && ContainsSubstring("content 7") &&
                                          ContainsSubstring("collected again"));
  auto page = good(store->search(looking_for("content")));
  CHECK(page.hits.size() == 8);
  REQUIRE(page.damaged.size() == 1);
  CHECK_THAT(page.damaged[0].message, ContainsSubstring("content 7"));
  CHECK_FALSE(good(store->check()).problems.empty());
  CHECK(good(store->forget({1'000'000, 0}, 100)) == 9);
  CHECK(store->take_warnings().size() == 1);
}

TEST_CASE("a damaged cursor is empty, so that all is collected again, and once") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), numbered(1, 9), "up to here");
  run_sql(path, "update state set cursor = 'further'");
  auto store = open_memory(path);
  CHECK(good(store->cursor()).empty());
  CHECK(store->take_warnings().size() == 1);
  CHECK(remember(*store, numbered(1, 12), "there") == remembered{3, 9});
  CHECK_THAT(store->take_warnings().at(0), ContainsSubstring("counted again"));
  CHECK(good(store->cursor()) == "there");
  CHECK(checked(*store).records == 12);
}

TEST_CASE("damaged counts are counted again, by whoever remembers and by whoever forgets") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto sql =
      GENERATE(as<std::string>{}, "update uses set times = 7", "update uses set sum = 0",
               "update uses set newest_at = 5", "delete from uses", "update pools set records = 7",
               "update pools set name = 'other'", "update pools set sum = 0");
  remember(*open_memory(path), numbered(1, many));
  run_sql(path, sql);
  auto store = open_memory(path);
  bool remembers = GENERATE(true, false);
  INFO(sql << ", and then " << (remembers ? "remember" : "forget"));
  auto again = numbered(1, many);
  for (auto& each : again)
    each.task = task_number(each.task.high() + 1000);
  if (remembers) {
    remember(*store, again);
    checked(*store);
    CHECK(good(store->stats()).records == 2 * many);
    CHECK(searched(*store, looking_for("equal")).hits.at(0).times == many / 10 * 2);
  } else if (sql.find("uses") != std::string::npos) {
    good(store->forget({0, 1}, many));
    checked(*store);
    CHECK(good(store->stats()).contents == 1);
  }
}

TEST_CASE("a damaged target is taken for enabled, and goes on") {
  scratch place;
  auto path = (place / "memory.db").string();
  {
    auto store = open_memory(path);
    good(store->enable("akosha", true));
    good(store->disable("akosha"));
  }
  run_sql(path, "update targets set forgotten = 12");
  auto store = open_memory(path);
  CHECK_FALSE(good(store->check()).problems.empty());
  auto state = good(store->targets()).at(0);
  CHECK(state.is_enabled);
  CHECK_THAT(state.last_error, ContainsSubstring("'akosha'") && ContainsSubstring("is damaged"));
  remember(*store, numbered(1, 3));
  CHECK(good(store->waiting("akosha", 0, 10)).size() == 3);
  CHECK(good(store->forget({0, 1}, 10)) == 2);
  CHECK(good(store->targets()).at(0).forgotten == 2);
  checked(*store);
}

TEST_CASE("a content that waits and is damaged is said once, and given up") {
  scratch place;
  auto path = (place / "memory.db").string();
  {
    auto store = open_memory(path);
    good(store->enable("akosha", true));
    remember(*store, numbered(1, 3));
  }
  run_sql(path, "update contents set sum = 0 where id = 2");
  {
    auto reader = open_memory(path, sqlite_use::read);
    for (int i = 0; i < 2; ++i)
      CHECK(reader->waiting("akosha", 0, 10)->damaged.size() == 1);
  }
  auto store = open_memory(path);
  auto first = store->waiting("akosha", 0, 10);
  REQUIRE(first.has_value());
  CHECK(first->records.size() == 2);
  REQUIRE(first->damaged.size() == 1);
  CHECK_THAT(first->damaged[0].message, ContainsSubstring("content 2"));
  CHECK(good(store->waiting("akosha", 0, 10)).size() == 2);
  auto state = good(store->targets()).at(0);
  CHECK(state.waiting == 2);
  CHECK(state.failed == 1);
  CHECK_THAT(state.last_error, ContainsSubstring("content 2"));
}

TEST_CASE("what waits is not given up for what is damaged around it") {
  scratch place;
  auto path = (place / "memory.db").string();
  {
    auto store = open_memory(path);
    good(store->enable("akosha", true));
    remember(*store, numbered(1, 3));
  }
  bool is_row = GENERATE(true, false);
  run_sql(path, is_row ? "update outbox set tries = 3 where content = 2"
                       : "update pools set records = 7");
  auto store = open_memory(path);
  auto first = store->waiting("akosha", 0, 10);
  REQUIRE(first.has_value());
  CHECK(first->records.size() == (is_row ? 3 : 0));
  CHECK(first->damaged.size() == (is_row ? 1 : 3));
  CHECK(good(store->targets()).at(0).failed == 0);
  if (!is_row) {
    remember(*store, numbered(4, 6)); // which counts the pools again
    first = store->waiting("akosha", 0, 10);
    REQUIRE(first.has_value());
    CHECK(first->damaged.empty());
  }
  std::vector<outcome> outcomes;
  for (const auto& each : first->records)
    outcomes.push_back({each.number, delivery::sent, "", 0});
  good(store->settle("akosha", outcomes));
  auto state = good(store->targets()).at(0);
  CHECK(state.sent == (is_row ? 3 : 6));
  CHECK(state.waiting == 0);
  checked(*store);
}

TEST_CASE("a list goes on behind what is damaged") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), numbered(1, 50));
  run_sql(path, "update uses set sum = 0 where content in (46, 44, 43, 3)");
  auto store = open_memory(path);
  std::set<std::uint64_t> seen;
  std::size_t damaged = 0;
  auto query = looking_for("", 10);
  do {
    auto page = good(store->search(query));
    for (const auto& hit : page.hits)
      CHECK(seen.insert(hit.newest.task.high()).second);
    damaged += page.damaged.size();
    query.page = page.next;
  } while (!query.page.empty() && seen.size() < 100);
  CHECK(damaged >= 4);
  CHECK(seen.size() == good(store->stats()).contents - 4);
}

TEST_CASE("the number of a tag is never that of another one") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto store = open_memory(path);
  auto tagged = [](std::uint64_t n, const std::string& tag) {
    auto record = memory(n, "title", "content " + std::to_string(n));
    record.tags = {tag};
    return record;
  };
  remember(*store, {tagged(1, "one"), tagged(2, "two")});
  store.reset();
  run_sql(path, "delete from tags where tag = 'two'"); // as an index might have had it
  store = open_memory(path);
  remember(*store, {tagged(3, "three")});
  CHECK(good(store->find(task_number(3)))->tags == std::vector<std::string>{"three"});
  CHECK(store->find(task_number(2)).has_error());
}

TEST_CASE("an index of words that is damaged is made again, once as long as a memory is open") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), numbered(1, many));
  bool remembers = GENERATE(true, false);
  // The list of its pieces, and the pieces, which are read when they have become many.
  auto damage =
      GENERATE(as<std::string>{}, "update texts_data set block = x'00112233' where id = 10",
               "update texts_data set block = x'ffffffffffffffff' where id > 10");
  INFO(damage << ", and then " << (remembers ? "remember" : "forget"));
  run_sql(path, damage);
  auto store = open_memory(path);
  std::uint64_t changes = 0;
  auto change = [&] {
    ++changes;
    return remembers ? store->remember(numbered(many + changes, many + changes), "").has_value()
                     : store->forget({0, many - changes}, 1).has_value();
  };
  std::vector<std::string> warnings;
  while (warnings.empty() && changes < 20) {
    REQUIRE(change());
    warnings = store->take_warnings();
  }
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring(path) && ContainsSubstring("made again"));
  checked(*store);
  auto records = remembers ? many + changes : many - changes;
  CHECK(good(store->stats()).records == records);
  CHECK(searched(*store, looking_for("number" + std::to_string(many - 1))).total == 1);
  run_sql(path, damage);
  auto before = changes;
  while (changes < before + 20 && change())
    CHECK(store->take_warnings().empty());
  CHECK(changes < before + 20);
  --changes; // it did not happen
  store = open_memory(path);
  CHECK(change());
  checked(*store);
}

TEST_CASE("what has no content is not taken for what was asked for in other words") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), {memory(1, "touch a", "")});
  content_hash same;
  same.add(std::string_view{});
  same.add("touch b");
  run_sql(path, "update contents set hash = " + std::to_string(same.value()));
  auto store = open_memory(path);
  remember(*store, {memory(2, "touch b", ""), memory(3, "touch b", "")});
  CHECK(good(store->stats()).contents == 2);
  CHECK(numbers_found(*store, "touch").size() == 2);
  CHECK(searched(*store, looking_for("b")).hits.at(0).times == 2);
}

TEST_CASE("a memory of a newer version, and what is no memory, is refused and left as it is") {
  scratch place;
  open_memory(place / "newer.db");
  run_sql(place / "newer.db", "update meta set value = 1000 where name = 'version'");
  good(open_journal(place / "journal.db")->apply({}));
  run_sql(place / "lamps.db", "create table lamps (name text)");
  place.write("text.db", std::string(5000, 'x'));
  for (const auto& name : {"newer.db", "journal.db", "lamps.db", "text.db"}) {
    auto path = (place / name).string();
    auto bytes = content_of(path);
    for (auto use : {sqlite_use::write, sqlite_use::read}) {
      auto refused = open_sqlite_memory(path, use);
      REQUIRE(refused.has_error());
      CHECK_THAT(refused.error().message, ContainsSubstring(path) && ContainsSubstring("memory"));
    }
    CHECK(content_of(path) == bytes);
  }
  CHECK(open_sqlite(place / "newer.db").has_error()); // a memory is no journal either
}

TEST_CASE("a memory of an older version is brought up to date with all that is in it") {
  scratch place;
  auto path = (place / "memory.db").string();
  remember(*open_memory(path), numbered(1, 9));
  std::vector<const char*> steps(memory_schema().begin(), memory_schema().end());
  steps.push_back("alter table records add column note text");
  auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE, "memory"));
  good(bring_up_to_date(connection, steps));
  CHECK(good(schema_version(connection)) == static_cast<int>(steps.size()));
}

TEST_CASE(
    "who only reads a memory makes none, changes nothing, and sees what is written meanwhile") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto missing = open_sqlite_memory(path, sqlite_use::read);
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == errc::not_found);
  CHECK_FALSE(std::filesystem::exists(path));
  auto writer = open_memory(path);
  auto reader = open_memory(path, sqlite_use::read);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    remember(*writer, {numbered(n)}, std::to_string(n));
    CHECK(good(reader->cursor()) == std::to_string(n));
    CHECK(good(reader->stats()).records == n);
    CHECK(searched(*reader, looking_for("title" + std::to_string(n % 7))).total > 0);
  }
  CHECK(checked(*reader).records == 20);
  for (const auto& failed :
       {reader->remember({}, "x").has_error(), reader->enable("x", true).has_error(),
        reader->forget({0, 1}, 1).has_error()})
    CHECK(failed);
}

TEST_CASE("those who search while others write see whole batches") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto writer = open_memory(path);
  constexpr std::uint64_t most_batches = 100'000;
  constexpr std::size_t enough = 20;
  std::atomic<std::size_t> different = 0;
  std::atomic<bool> is_over = false;
  std::string wrong;
  std::thread reader{[&] {
    auto store = open_sqlite_memory(path, sqlite_use::read);
    std::optional<std::uint64_t> newest;
    while (!is_over && different < enough && wrong.empty()) {
      auto page = store ? (*store)->search(looking_for("batch")) : store.error();
      if (!page)
        wrong = page.error().message;
      else if (page->total % 5 != 0 || !page->damaged.empty())
        wrong = "half a batch";
      else if (auto is = page->hits.empty() ? 0 : page->hits[0].newest.task.high(); newest != is) {
        newest = is;
        ++different;
      }
    }
    is_over = true;
  }};
  // Until the reader has seen some of it, however slow it is.
  std::uint64_t batch = 0;
  for (; !is_over && batch < most_batches; ++batch) {
    std::vector<memory_record> records;
    for (std::uint64_t n = 1; n <= 5; ++n)
      records.push_back(memory(batch * 5 + n, "batch", "text " + std::to_string(batch * 5 + n)));
    remember(*writer, records);
    while (good(writer->forget({0, 100}, 5)) == 5) {
    }
  }
  is_over = true;
  reader.join();
  CHECK(wrong.empty());
  CHECK(different == enough);
  checked(*writer);
}

TEST_CASE("the index of words is written once for each batch, not for each record") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto store = open_memory(path);
  good(store->enable("target", false));
  // It numbers its pieces, one for each time that it is written, in the upper bits of their keys.
  auto pieces = [&] {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READONLY, "memory"));
    int code = SQLITE_OK;
    auto largest = connection.prepare("select max(id >> 37) from texts_data", code);
    sqlite_run row{largest};
    REQUIRE(row.next());
    return row.number(0);
  };
  remember(*store, numbered(1, many));
  CHECK(pieces() == 1);
  remember(*store, numbered(many + 1, 2 * many));
  CHECK(pieces() == 2);
  CHECK(good(store->forget({0, many}, many)) == many);
  CHECK(pieces() == 3);
}

TEST_CASE("with more time a search never finds less, and it always ends in time") {
  scratch place;
  auto path = (place / "memory.db").string();
  {
    std::vector<memory_record> batch;
    std::string words;
    for (int i = 0; i < 15'000; ++i)
      words += "word" + std::to_string(i) + " ";
    batch.push_back(memory(1, "job", words));
    for (std::uint64_t n = 2; n <= 4000; ++n) {
      auto record =
          memory(n, "job", "pre" + std::to_string(n % 900) + " text " + std::to_string(n));
      record.status = n <= 1500 ? 1 : 2;
      batch.push_back(record);
    }
    remember(*open_memory(path), batch);
  }
  auto at = good(sqlite_memory_session::open(path, sqlite_use::read));
  REQUIRE(at.connection.execute("begin") == SQLITE_OK);
  // Each look at the clock takes a millisecond.
  std::chrono::steady_clock::time_point time;
  auto search = [&](const memory_query& query) {
    return good(search_sqlite(at, query, [&] { return time += std::chrono::milliseconds{1}; }));
  };
  for (const auto* text : {"", "text", "pre*", "word*"}) {
    auto query = looking_for(text, 50);
    if (*text == '\0')
      query.statuses = {1};
    auto whole = search(query);
    REQUIRE_FALSE(whole.is_cut);
    std::size_t most_found = 0;
    std::size_t most_shown = 0;
    bool is_showing_cut = false;
    bool is_cut = true;
    for (int budget = 0; is_cut; budget += 1 + budget / 20) {
      INFO("'" << text << "' in " << budget << " ms");
      query.time = std::chrono::milliseconds{budget};
      auto start = time;
      sqlite3_stmt_status(at.words_from.get(), SQLITE_STMTSTATUS_VM_STEP, 1);
      auto page = search(query);
      is_cut = page.is_cut;
      CHECK(page.damaged.empty());
      CHECK(time - start <= query.time + std::chrono::milliseconds{10});
      if (budget == 0)
        CHECK(sqlite3_stmt_status(at.words_from.get(), SQLITE_STMTSTATUS_VM_STEP, 0) < 5000);
      // It looks at the clock after so many steps, also those of the search before: a few more or
      // less fit into the same time.
      REQUIRE(page.total + 10 >= most_found);
      REQUIRE(page.hits.size() >= std::min<std::size_t>(most_shown, 1));
      if (page.hits.size() < std::min<std::size_t>(page.total, query.limit) && !page.hits.empty())
        CHECK_FALSE(page.next.empty());
      is_showing_cut |= page.total == whole.total && page.hits.size() < whole.hits.size();
      most_found = std::max<std::size_t>(most_found, page.total);
      most_shown = std::max(most_shown, page.hits.size());
      REQUIRE(budget < 100'000);
    }
    CHECK(most_found == whole.total);
    CHECK(most_shown == whole.hits.size());
    CHECK((is_showing_cut || *text == '\0' || *text == 'w'));
  }
}

TEST_CASE("tags that nobody has any more are forgotten with the records that had them") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto store = open_memory(path);
  for (std::uint64_t n = 1; n <= 30; ++n) {
    auto record = memory(n, "job", "text " + std::to_string(n));
    record.tags = {"tag " + std::to_string(n), n % 2 == 0 ? "even" : "odd"};
    remember(*store, {record});
  }
  auto tags = [&] {
    auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READONLY, "memory"));
    int code = SQLITE_OK;
    auto count = connection.prepare("select count(*) from tags", code);
    sqlite_run row{count};
    REQUIRE(row.next());
    return row.number(0);
  };
  CHECK(tags() == 32);
  good(store->forget({0, 10}, 100));
  CHECK(tags() == 12);
  auto query = looking_for("");
  query.tags = {"even"};
  CHECK(searched(*store, query).total == 5);
  query.tags = {"tag 20"};
  CHECK(searched(*store, query).total == 0);
  query.tags = {"tag 21"};
  CHECK(searched(*store, query).total == 1);
  good(store->forget({1'000'000, 0}, 100));
  CHECK(tags() == 0);
}

TEST_CASE("words that nobody has any more are forgotten with the records that had them") {
  scratch place;
  auto path = (place / "memory.db").string();
  auto store = open_memory(path);
  for (std::uint64_t n = 1; n <= 300; ++n)
    remember(*store, {memory(n, "job", "unique" + std::to_string(n))});
  while (good(store->forget({0, 10}, 20)) == 20) {
  }
  for (std::uint64_t n = 301; n <= 400; ++n) {
    remember(*store, {memory(n, "job", "unique" + std::to_string(n))});
    good(store->forget({0, 10}, 20));
  }
  store = nullptr;
  auto connection = good(sqlite_connection::open(path, SQLITE_OPEN_READONLY, "memory"));
  int code = SQLITE_OK;
  auto count = connection.prepare("select count(*) from words", code);
  sqlite_run row{count};
  REQUIRE(row.next());
  CHECK(row.number(0) < 60);
  CHECK(numbers_found(*open_memory(path), "unique39*").size() == 9);
}
