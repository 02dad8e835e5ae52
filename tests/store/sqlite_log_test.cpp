// SPDX-License-Identifier: MIT
/// The write-ahead log of SQLite, cut or damaged as by a power cut.
#include "store/faulty_vfs.hpp"
#include "store/sqlite_file.hpp"
#include "store/sqlite_log.hpp"
#include "store/support.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// A journal that its server has left without closing it: one task in its file, and one more in
/// each change of its log.
struct left_journal {
  static constexpr std::uint64_t in_log = 3;

  std::string file;
  std::string log;
  /// Where each change in the log ends.
  std::vector<std::size_t> ends;

  explicit left_journal(const scratch& place) {
    auto path = (place / "left.db").string();
    good(open_journal(path)->apply(std::vector<change>{opened(task_number(1))}));
    auto store = open_journal(path);
    for (std::uint64_t n = 2; n < 2 + in_log; ++n) {
      good(store->apply(std::vector<change>{opened(task_number(n))}));
      ends.push_back(std::filesystem::file_size(path + "-wal"));
    }
    file = content_of(path);
    log = content_of(path + "-wal");
  }

  /// How many tasks are left with so many bytes of the log.
  std::size_t tasks_in(std::size_t bytes) const {
    return 1 + static_cast<std::size_t>(
                   std::count_if(ends.begin(), ends.end(), [&](auto end) { return end <= bytes; }));
  }

  void write(const scratch& place, const std::string& name, std::string_view its_log) const {
    std::filesystem::remove(place / (name + "-shm"));
    place.write(name, file);
    place.write(name + "-wal", its_log);
  }
};

} // namespace

TEST_CASE("a log that is cut anywhere keeps every whole change and says what is left out") {
  faulty_disk disk; // it syncs nothing, which would take most of the time
  scratch place;
  left_journal left{place};
  std::set<std::size_t> cuts{0, 1, 31, 32, 33, left.log.size()};
  std::mt19937 random{seed()};
  for (int i = 0; i < 300; ++i)
    cuts.insert(random() % left.log.size());
  for (auto end : left.ends)
    for (std::size_t near = 0; near < 30; ++near)
      cuts.insert({end - near, std::min(end + near, left.log.size())});
  for (auto cut : cuts) {
    INFO("cut at byte " << cut << " of " << left.log.size());
    left.write(place, "cut.db", std::string_view{left.log}.substr(0, cut));
    auto store = open_journal(place / "cut.db");
    auto open = open_tasks(*store);
    REQUIRE(open.size() == left.tasks_in(cut));
    for (std::size_t i = 0; i < open.size(); ++i)
      REQUIRE(open[i] == stored(opened(task_number(i + 1))));
    auto warnings = store->take_warnings();
    bool is_whole = cut == 0 || std::count(left.ends.begin(), left.ends.end(), cut) > 0;
    REQUIRE(warnings.size() == (is_whole || cut == 32 ? 0 : 1));
    for (const auto& each : warnings)
      REQUIRE_THAT(each, ContainsSubstring("cut.db-wal"));
    REQUIRE(store->take_warnings().empty());
  }
}

TEST_CASE("a flipped bit in a log costs what comes behind it, and that is said") {
  faulty_disk disk;
  scratch place;
  left_journal left{place};
  std::mt19937 random{seed()};
  for (int i = 0; i < 200; ++i) {
    auto bit = random() % (left.log.size() * 8);
    INFO("bit " << bit);
    auto log = left.log;
    log[bit / 8] = static_cast<char>(log[bit / 8] ^ 1 << bit % 8);
    left.write(place, "flipped.db", log);
    auto store = open_journal(place / "flipped.db");
    auto open = open_tasks(*store);
    for (std::size_t n = 0; n < open.size(); ++n)
      REQUIRE(open[n] == stored(opened(task_number(n + 1))));
    auto warnings = store->take_warnings();
    REQUIRE(open.size() == left.tasks_in(bit / 8 < 32 ? 0 : bit / 8));
    REQUIRE(warnings.size() == 1);
    checked(*store);
  }
}

TEST_CASE("what an earlier round has left in a log is nothing to warn of") {
  faulty_disk disk;
  scratch place;
  auto path = (place / "journal.db").string();
  auto store = open_journal(path);
  // The log begins again when all in it was put where it belongs, here after 16 MB.
  std::uint64_t tasks = 0;
  std::uintmax_t before = 0;
  for (auto size = before; size > before || size == 0; ++tasks) {
    before = size;
    std::vector<change> span{opened(task_number(tasks + 1))};
    std::get<task_opened>(span[0]).work.assign(tasks < 20 ? 1'000'000 : 10, 'w');
    good(store->apply(span));
    size = std::filesystem::file_size(path + "-wal");
    REQUIRE(tasks < 100);
  }
  for (const auto* end : {"", "-wal"})
    std::filesystem::copy_file(path + end, (place / "crashed.db").string() + end);
  CHECK(torn_log(path + "-wal") == std::nullopt);
  auto after = open_journal(place / "crashed.db");
  CHECK(after->take_warnings().empty());
  CHECK(open_tasks(*after).size() == tasks);
}

TEST_CASE("any bytes are a log that nothing is read from") {
  scratch place;
  std::mt19937 random{seed()};
  CHECK(torn_log(place / "missing") == std::nullopt);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 3000, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    if (bytes.size() > 40)
      bytes.replace(0, 8, std::string("\x37\x7f\x06\x82\0\x2d\xe2\x18", 8));
    place.write("log", bytes);
    CHECK(torn_log(place / "log").has_value() == !bytes.empty());
  }
}

namespace {

/// A file of numbers whose log is to begin anew after a few pages.
struct numbers_file {
  sqlite_connection reader() const { return good(open_file(path, sqlite_use::read, kind)); }
  bool add(int number) const {
    return writer.execute("insert into numbers values (" + std::to_string(number) + ")") ==
           SQLITE_OK;
  }

  static constexpr std::array<const char*, 1> schema{"create table numbers (number integer)"};
  faulty_disk disk; // waiting takes no time
  scratch place;
  std::string path = (place / "numbers.db").string();
  const sqlite_file_kind kind{"numbers", schema, 1024, false, 10};
  sqlite_connection writer = opened();
  log_emptying emptying{writer, kind};

private:
  sqlite_connection opened() const {
    good(make_file(path, kind.name));
    return good(open_file(path, sqlite_use::write, kind));
  }
};

} // namespace

TEST_CASE("a log begins anew although somebody reads it at any time") {
  numbers_file file;
  /// Always one of them is in the middle of a reading, and each has begun before the other ended.
  struct overlapping {
    std::array<sqlite_connection, 2> readers;
    std::size_t latest = 0;

    bool take_turns() {
      auto& next = readers[1 - latest];
      bool is_good = next.execute("begin; select count(*) from numbers") == SQLITE_OK &&
                     readers[latest].execute("rollback") == SQLITE_OK;
      latest = 1 - latest;
      return is_good;
    }
  };
  overlapping reading{{file.reader(), file.reader()}};
  REQUIRE(reading.readers[0].execute("begin; select count(*) from numbers") == SQLITE_OK);
  // Whoever is waited for goes on meanwhile.
  sqlite3_busy_handler(
      file.writer.get(),
      [](void* all, int times) {
        return times < 100 && static_cast<overlapping*>(all)->take_turns() ? 1 : 0;
      },
      &reading);
  std::uintmax_t longest = 0;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(file.add(i));
    REQUIRE(reading.take_turns());
    longest = std::max(longest, std::filesystem::file_size(file.path + "-wal"));
  }
  CHECK(file.emptying.take_failure() == SQLITE_OK);
  CHECK(longest < 120 * 8300);
}

TEST_CASE("who reads a log for ever keeps it from beginning anew, and nothing else") {
  numbers_file file;
  auto reader = file.reader();
  REQUIRE(reader.execute("begin; select count(*) from numbers") == SQLITE_OK);
  int waits = 0;
  sqlite3_busy_handler(
      file.writer.get(),
      [](void* count, int) {
        ++*static_cast<int*>(count);
        return 0;
      },
      &waits);
  for (int i = 0; i < 300; ++i)
    REQUIRE(file.add(i));
  CHECK(file.emptying.take_failure() == SQLITE_OK);
  CHECK(waits > 0);
  CHECK(waits < 50); // not with each change
}
