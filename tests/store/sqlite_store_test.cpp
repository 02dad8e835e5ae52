// SPDX-License-Identifier: MIT
#include "store/faulty_vfs.hpp"
#include "store/sqlite_connection.hpp"
#include "store/support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

/// Somebody without the rights of root, in this thread.
class stranger {
public:
  stranger() { REQUIRE((::geteuid() != 0 || ::seteuid(65534) == 0)); }
  ~stranger() {
    if (::getuid() == 0)
      (void)!::seteuid(0);
  }
  stranger(const stranger&) = delete;
  stranger& operator=(const stranger&) = delete;
};

} // namespace

TEST_CASE("the files of a journal are for its user alone") {
  scratch place;
  place.write("loose.db", "");
  REQUIRE(::chmod((place / "loose.db").c_str(), 0644) == 0);
  for (const auto& name : {"journal.db", "loose.db"}) {
    auto path = place / name;
    auto store = open_journal(path);
    good(store->apply(std::vector<change>{opened(task_number(1))}));
    for (const auto& file : {path.string(), path.string() + "-wal", path.string() + "-shm"})
      CHECK(mode_of(file) == 0600);
    good(store->backup(path.string() + ".copy"));
    CHECK(mode_of(path.string() + ".copy") == 0600);
  }
}

TEST_CASE("what was written is there without a close, and others see it meanwhile") {
  scratch place;
  auto path = place / "journal.db";
  auto writer = open_journal(path);
  auto reader = open_journal(path, sqlite_use::read);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    good(writer->apply(std::vector<change>{opened(task_number(n))}));
    CHECK(open_tasks(*reader).size() == n);
    CHECK(checked(*reader).open_tasks == n);
  }
  auto refused = reader->apply(std::vector<change>{opened(task_number(99))});
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("only be read"));
  // As after a crash: the files as they are now.
  for (auto end : {"", "-wal"})
    std::filesystem::copy_file(path.string() + end, (place / "crashed.db").string() + end);
  auto after = open_journal(place / "crashed.db");
  CHECK(open_tasks(*after).size() == 20);
  CHECK(after->take_warnings().empty());
  good(writer->backup(place / "copy.db"));
  CHECK(open_tasks(*open_journal(place / "copy.db", sqlite_use::read)).size() == 20);
}

TEST_CASE("a journal that is not there is made by who writes and not by who reads") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto missing = open_sqlite(path, sqlite_use::read);
  REQUIRE(missing.has_error());
  CHECK(missing.error().code == errc::not_found);
  CHECK_THAT(missing.error().message, ContainsSubstring(path));
  CHECK(std::filesystem::is_empty(place.path()));
  open_journal(path);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a directory that may not be written is an error that says so") {
  scratch place;
  auto path = (place / "journal.db").string();
  REQUIRE(::chmod(place.path().c_str(), 0555) == 0);
  {
    stranger somebody;
    auto refused = open_sqlite(path);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring(path) &&
                                            ContainsSubstring("Permission denied") &&
                                            ContainsSubstring("rights"));
  }
  REQUIRE(::chmod(place.path().c_str(), 0755) == 0);
  CHECK_FALSE(std::filesystem::exists(path));
  auto nowhere = open_sqlite("/nowhere/journal.db");
  REQUIRE(nowhere.has_error());
  CHECK_THAT(nowhere.error().message, ContainsSubstring("/nowhere/journal.db"));
}

TEST_CASE("a journal that may not be written is an error that says so") {
  scratch place;
  auto path = (place / "journal.db").string();
  open_journal(path);
  if (::geteuid() == 0)
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  REQUIRE(::chmod(place.path().c_str(), 0555) == 0);
  {
    stranger somebody;
    auto refused = open_sqlite(path);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring(path) && ContainsSubstring("rights"));
  }
  REQUIRE(::chmod(place.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(open_tasks(*open_journal(path)).empty());
}

TEST_CASE("who finds the journal locked by another says so after a while, and goes on afterwards") {
  faulty_disk disk; // nobody really waits
  scratch place;
  auto path = (place / "journal.db").string();
  auto store = open_journal(path);
  auto other = good(sqlite_connection::open(path, SQLITE_OPEN_READWRITE));
  REQUIRE(other.execute("begin immediate") == SQLITE_OK);
  auto refused = store->apply(std::vector<change>{opened(task_number(1))});
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring(path) && ContainsSubstring("locked"));
  CHECK(open_tasks(*store).empty());
  REQUIRE(other.execute("commit") == SQLITE_OK);
  good(store->apply(std::vector<change>{opened(task_number(1))}));
  CHECK(open_tasks(*store).size() == 1);
}

TEST_CASE("a journal that is used while it gives tasks out refuses, and goes on giving them") {
  scratch place;
  auto store = open_journal(place / "journal.db");
  good(store->apply(std::vector<change>{opened(task_number(1)), opened(task_number(2))}));
  std::size_t given = 0;
  good(store->each_open([&](result<stored_task> each) {
    given += each.has_value();
    auto refused = store->apply(std::vector<change>{ended(task_number(2))});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::internal);
    CHECK(store->check().has_error());
    CHECK(store->backup(place / "copy.db").has_error());
  }));
  CHECK(given == 2);
  CHECK(open_tasks(*store).size() == 2);
}

TEST_CASE("two who write at once lose nothing of each other's, and who reads sees whole changes") {
  scratch place;
  auto path = (place / "journal.db").string();
  constexpr std::uint64_t spans = 60;
  auto write = [&path](std::uint64_t first, std::string& failure) {
    auto store = open_sqlite(path);
    for (std::uint64_t n = 0; n < spans && failure.empty(); ++n) {
      std::vector<change> span;
      for (std::uint64_t i = 0; i < 5; ++i)
        span.emplace_back(opened(task_number(first + n * 5 + i)));
      auto written = store ? (*store)->apply(span) : store.error();
      if (!written)
        failure = written.error().message;
    }
  };
  open_journal(path);
  std::string one;
  std::string other;
  std::atomic<bool> is_over = false;
  std::string seen;
  std::thread first{[&] { write(1, one); }};
  std::thread second{[&] { write(10'000, other); }};
  std::thread reader{[&] {
    auto store = open_sqlite(path, sqlite_use::read);
    while (!is_over && seen.empty()) {
      std::size_t open = 0;
      if (!store)
        seen = store.error().message;
      else if (auto read = (*store)->each_open([&](result<stored_task> each) {
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
  first.join();
  second.join();
  is_over = true;
  reader.join();
  CHECK(one.empty());
  CHECK(other.empty());
  CHECK(seen.empty());
  auto store = open_journal(path);
  CHECK(checked(*store).open_tasks == 2 * 5 * spans);
}

TEST_CASE("a journal takes little memory, however much is in it") {
  scratch place;
  auto store = open_journal(place / "journal.db");
  std::vector<change> span;
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    span.emplace_back(opened(task_number(n)));
    std::get<task_opened>(span.back()).work.assign(10'000, 'w');
  }
  good(store->apply(span));
  span.clear();
  span.shrink_to_fit();
  sqlite3_memory_highwater(1);
  CHECK(open_tasks(*store).size() == 2000);
  CHECK(checked(*store).open_tasks == 2000);
  CHECK(sqlite3_memory_highwater(0) < 12'000'000);
}
