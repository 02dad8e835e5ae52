// SPDX-License-Identifier: MIT
#include "base/line_file.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>
#include <vector>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::unique_ptr<line_file> open_lines(line_file::options how) {
  how.loss_line = [](std::uint64_t count) { return "lost " + std::to_string(count); };
  auto opened = line_file::open(std::move(how));
  REQUIRE(opened);
  return *std::move(opened);
}

unsigned rights_of(const std::filesystem::path& file) {
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

} // namespace

TEST_CASE("lines come into the file in their order, behind those that are there") {
  scratch here;
  here.write("log", "old\nhalf");
  ::chmod((here / "log").c_str(), 0644);
  {
    auto lines = open_lines({.file = here / "log"});
    for (auto i = 0; i < 1000; ++i)
      lines->append("line " + std::to_string(i));
  }
  auto text = here.read("log");
  CHECK(text.starts_with("old\nhalf\nline 0\nline 1\n"));
  CHECK(text.ends_with("line 999\n"));
  CHECK(std::ranges::count(text, '\n') == 1002);
  CHECK(rights_of(here / "log") == 0600);
}

TEST_CASE("many threads add lines, and each stays whole") {
  scratch here;
  {
    auto lines = open_lines({.file = here / "log"});
    std::vector<std::thread> threads;
    for (auto each : {'a', 'b', 'c', 'd'})
      threads.emplace_back([&lines, each] {
        for (auto i = 0; i < 500; ++i)
          lines->append(std::string(100, each));
      });
    for (auto& each : threads)
      each.join();
    lines->flush();
    std::istringstream text{here.read("log")};
    auto count = 0;
    for (std::string line; std::getline(text, line); ++count)
      CHECK(line == std::string(100, line.at(0)));
    CHECK(count == 2000);
    CHECK(lines->lost() == 0);
  }
}

TEST_CASE("a file that has become long is put aside, and so is one that somebody moves") {
  scratch here;
  auto lines = open_lines({.file = here / "log", .most_bytes = 100});
  for (auto i = 0; i < 30; ++i) {
    lines->append("line " + std::to_string(i));
    lines->flush();
  }
  auto newer = here.read("log");
  CHECK(newer.size() <= 100);
  CHECK(newer.ends_with("line 29\n"));
  auto both = here.read("log.1") + newer;
  CHECK_THAT(both, ContainsSubstring("line 20\n") && ContainsSubstring("line 28\n"));
  CHECK(rights_of(here / "log") == 0600);

  std::filesystem::rename(here / "log", here / "moved");
  lines->append("after");
  lines->flush();
  CHECK(here.read("log") == "after\n");
  CHECK(here.read("moved") == newer);
}

TEST_CASE("what is no file, and what cannot be made, is refused at once") {
  scratch here;
  for (const auto& wrong : {here.path(), here / "no" / "such"})
    CHECK_FALSE(line_file::open({.file = wrong}));
  REQUIRE(::mkfifo((here / "pipe").c_str(), 0600) == 0);
  auto opened = line_file::open({.file = here / "pipe"});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, ContainsSubstring("is no file"));
}

TEST_CASE("while nothing can be written, lines wait; too many are lost, and counted") {
  // A limit on the size of files is as good as a full disk; it is that of the whole process.
  scratch here;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto lines = open_lines({.file = here / "log", .most_waiting_bytes = 2000});
  lines->append("first");
  lines->flush();
  auto full = before;
  full.rlim_cur = 10;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
  for (auto i = 0; i < 100; ++i)
    lines->append("line " + std::to_string(i) + std::string(40, '.'));
  lines->flush();
  auto during = here.read("log");
  auto lost = lines->lost();
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(during == "first\n"); // nor a part of a line
  CHECK(lost > 40);
  REQUIRE(comes_true([&] { return here.read("log").size() > 6; }));
  lines->flush();
  auto text = here.read("log");
  CHECK(text.starts_with("first\nlost " + std::to_string(lost) + "\nline "));
  CHECK(std::ranges::count(text, '\n') == static_cast<long>(2 + 100 - lost));
  lines->append("last");
  lines->flush();
  CHECK(here.read("log").ends_with("last\n"));
}
