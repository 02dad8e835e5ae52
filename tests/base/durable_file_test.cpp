// SPDX-License-Identifier: MIT
#include "base/durable_file.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a file is made or replaced, and is ours alone") {
  scratch dir;
  REQUIRE(replace_file(dir / "a", "one").has_value());
  CHECK(dir.read("a") == "one");
  REQUIRE(replace_file(dir / "a", "").has_value());
  CHECK(dir.read("a").empty());
  struct stat found {};
  REQUIRE(::stat((dir / "a").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a file is taken away, and one that is not there is fine") {
  scratch dir;
  dir.write("a", "text");
  REQUIRE(remove_file(dir / "a").has_value());
  CHECK_FALSE(std::filesystem::exists(dir / "a"));
  CHECK(remove_file(dir / "a").has_value());
  std::filesystem::create_directory(dir / "b");
  CHECK(remove_file(dir / "b").error().code == errc::io_failed);
}

TEST_CASE("a file that cannot be replaced stays as it is, and nothing is left beside it") {
  scratch dir;
  dir.write("file", "text");
  auto inside_a_file = replace_file(dir / "file/a", "x");
  REQUIRE(inside_a_file.has_error());
  CHECK_THAT(inside_a_file.error().message, ContainsSubstring("file/a"));
  std::filesystem::create_directory(dir / "full");
  dir.write("full/x", "x");
  auto over_a_directory = replace_file(dir / "full", "x");
  REQUIRE(over_a_directory.has_error());
  CHECK_THAT(over_a_directory.error().message, ContainsSubstring("directory"));
  CHECK(std::distance(std::filesystem::directory_iterator{dir.path()}, {}) == 2);
}
