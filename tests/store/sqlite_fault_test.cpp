// SPDX-License-Identifier: MIT
/// A disk that is full or fails at every call of an operation, one after the other.
#include "store/faulty_vfs.hpp"
#include "store/support.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// Three that were there; and what comes to them: an end, a move and a new one.
const std::vector<change> before{opened(task_number(1)), opened(task_number(2)),
                                 opened(task_number(3)), pool_opened{pool_id{"pool_1"}, "old"}};
const std::vector<change> span{ended(task_number(1)),  moved(task_number(2)),
                               opened(task_number(4)), opened(task_number(5)),
                               ended(task_number(5)),  pool_opened{pool_id{"pool_1"}, "new"}};

/// All of the span, or nothing of it. Whether it is there.
bool has_span(journal_store& store) {
  auto open = open_tasks(store);
  auto pools = good(store.pools());
  REQUIRE(pools.size() == 1);
  bool has = pools[0].record == "new";
  if (has) {
    CHECK(ids_of(open) == std::vector{task_number(2), task_number(3), task_number(4)});
    CHECK(open.front().status == 1);
    CHECK(task_in(store, task_number(1)).ended_at == 2000);
    CHECK(task_in(store, task_number(5)).output == "some output");
  } else {
    CHECK(open == std::vector{stored(std::get<task_opened>(before[0])),
                              stored(std::get<task_opened>(before[1])),
                              stored(std::get<task_opened>(before[2]))});
    CHECK_FALSE(good(store.find(task_number(4))));
    CHECK_FALSE(good(store.find(task_number(5))));
  }
  checked(store);
  return has;
}

/// The files as a power cut would leave them now: as they were when they were synced last.
std::string crashed(const scratch& place, const std::string& path, const faulty_disk& disk) {
  for (const auto* end : {"", "-wal"}) {
    std::filesystem::remove(place / (std::string{"crashed.db"} + end));
    if (auto bytes = disk.synced(path + end))
      place.write(std::string{"crashed.db"} + end, *bytes);
  }
  return (place / "crashed.db").string();
}

} // namespace

TEST_CASE("a span is written whole or not at all, wherever the disk fails, and then it goes on") {
  faulty_disk disk;
  for (const auto& [name, fault] : disk_faults()) {
    std::size_t failures = 0;
    for (std::size_t nth = 1;; ++nth) {
      INFO(name << " at call " << nth);
      scratch place;
      auto path = (place / "journal.db").string();
      disk.remember_syncs();
      good(open_journal(path)->apply(before));
      auto store = open_journal(path); // its log begins with the span
      disk.fail(nth, fault);
      auto applied = store->apply(span);
      auto has_failed = disk.has_failed();
      auto cut = open_sqlite(crashed(place, path, disk));
      disk.mend();
      if (!applied) {
        ++failures;
        INFO(applied.error().message);
        CHECK_THAT(applied.error().message, ContainsSubstring(path));
        CHECK_THAT(applied.error().message,
                   ContainsSubstring(fault.system_error == ENOSPC ? "no room" : "Input/output"));
      }
      // A power cut just then: what was not said to be written may be there, but whole.
      auto after_cut = has_span(*open_journal(place / "crashed.db"));
      CHECK((after_cut || !applied));
      // The same connection: what was said to have failed is not there, and it comes with the next.
      CHECK(has_span(*store) == applied.has_value());
      good(store->apply(span));
      CHECK(has_span(*store));
      store = nullptr;
      CHECK(has_span(*open_journal(path)));
      if (!has_failed)
        break;
      REQUIRE(nth < 1000);
    }
    INFO(name);
    CHECK(failures > 0);
  }
}

TEST_CASE("a journal that cannot be read says so, and is read when the disk is well again") {
  faulty_disk disk;
  disk_fault fault{SQLITE_IOERR_READ, EIO, false, true, {}};
  for (std::size_t nth = 1;; ++nth) {
    INFO("at call " << nth);
    scratch place;
    auto path = (place / "journal.db").string();
    good(open_journal(path)->apply(before));
    disk.fail(nth, fault);
    std::vector<error> errors;
    std::size_t tasks = 0;
    auto store = open_sqlite(path);
    auto read =
        store ? (*store)->each_open([&](result<stored_task> each) { tasks += each.has_value(); })
              : result<void>{store.error()};
    if (!read)
      errors.push_back(read.error());
    auto has_failed = disk.has_failed();
    disk.mend();
    CHECK((errors.size() == 1 || (tasks == 3 && errors.empty())));
    for (const auto& each : errors)
      CHECK_THAT(each.message, ContainsSubstring(path));
    if (store)
      CHECK_FALSE(has_span(**store));
    CHECK_FALSE(has_span(*open_journal(path)));
    if (!has_failed)
      break;
    CHECK(errors.size() == 1);
    REQUIRE(nth < 1000);
  }
}

TEST_CASE("a new journal is made whole or not at all, wherever the disk fails") {
  faulty_disk disk;
  for (const auto& [name, fault] : disk_faults())
    for (std::size_t nth = 1;; ++nth) {
      INFO(name << " at call " << nth);
      scratch place;
      auto path = (place / "journal.db").string();
      disk.fail(nth, fault);
      auto first = open_sqlite(path);
      auto has_failed = disk.has_failed();
      disk.mend();
      auto store = open_journal(path);
      good(store->apply(before));
      CHECK_FALSE(has_span(*store));
      if (!has_failed)
        break;
      REQUIRE(nth < 1000);
    }
}

TEST_CASE("a disk that fails now and then costs no change, through checkpoints too") {
  faulty_disk disk;
  scratch place;
  auto path = (place / "journal.db").string();
  std::mt19937 random{seed()};
  constexpr std::uint64_t spans = 20;
  constexpr std::uint64_t size = 100;
  auto store = open_journal(path);
  std::size_t refused = 0;
  for (std::uint64_t n = 0; n < spans; ++n) {
    std::vector<change> many;
    for (std::uint64_t i = 1; i <= size; ++i) {
      many.emplace_back(opened(task_number(n * size + i)));
      std::get<task_opened>(many.back()).work.assign(12'000, 'w'); // the log is full after nine
      many.emplace_back(ended(task_number(n * size + i)));
    }
    const auto& [name, fault] = disk_faults()[random() % disk_faults().size()];
    disk.fail(1 + random() % 900, fault);
    auto applied = store->apply(many);
    INFO("span " << n << ", " << name << (disk.has_failed() ? ", failed" : ", did not fail"));
    disk.mend();
    for (std::uint64_t i = 1; i <= size; ++i)
      REQUIRE(good(store->find(task_number(n * size + i))).has_value() == applied.has_value());
    if (!applied) {
      ++refused;
      good(store->apply(many));
    }
  }
  CHECK(refused > 0);
  CHECK(checked(*store).ended_tasks == spans * size);
  store = nullptr;
  CHECK(good(open_journal(path)->list({{}, {2}, {}, ~std::size_t{0}})).size() == spans * size);
}

TEST_CASE("care of a journal fails without harm, wherever the disk fails") {
  faulty_disk disk;
  for (std::size_t i = 0; i < disk_faults().size(); i += 2)
    for (std::size_t nth = 1;; ++nth) {
      const auto& [name, fault] = disk_faults()[i];
      INFO(name << " at call " << nth);
      scratch place;
      auto path = (place / "journal.db").string();
      auto store = open_journal(path);
      good(store->apply(before));
      good(store->apply(span));
      disk.fail(nth, fault);
      auto copied = store->backup(place / "copy.db");
      auto copy_failed = disk.has_failed();
      disk.fail(nth, fault);
      auto compacted = store->compact();
      auto compact_failed = disk.has_failed();
      disk.fail(nth, fault);
      auto forgotten = store->forget_ended({0, 1}, 10);
      auto forget_failed = disk.has_failed();
      disk.mend();
      if (copied)
        CHECK(has_span(*open_journal(place / "copy.db")));
      else
        CHECK_FALSE(std::filesystem::exists(place / "copy.db"));
      for (const auto& each : std::filesystem::directory_iterator(place.path()))
        CHECK_THAT(each.path().string(), !ContainsSubstring("unfinished"));
      CHECK(checked(*store).ended_tasks == (forgotten ? 1 : 2));
      good(store->compact());
      CHECK(checked(*store).open_tasks == 3);
      if (!copy_failed && !compact_failed && !forget_failed)
        break;
      REQUIRE(nth < 1000);
    }
}

TEST_CASE("a limit of the system to the size of files is a full disk") {
  scratch place;
  auto path = (place / "journal.db").string();
  auto store = open_journal(path);
  good(store->apply(before));
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &usual) == 0);
  auto low = usual;
  low.rlim_cur = std::filesystem::file_size(path + "-wal") + 10;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
  auto refused = store->apply(span);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &usual) == 0);
  std::signal(SIGXFSZ, handler);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("no room"));
  CHECK_FALSE(has_span(*store));
  good(store->apply(span));
  CHECK(has_span(*store));
}
