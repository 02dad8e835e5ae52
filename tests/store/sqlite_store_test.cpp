// SPDX-License-Identifier: MIT
#include "store/support.hpp"

#include <sys/stat.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

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
