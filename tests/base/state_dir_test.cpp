// SPDX-License-Identifier: MIT
#include "base/state_dir.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("the state directory is the one wanted, or follows XDG_STATE_HOME, or HOME") {
  std::map<std::string, std::string> environment{{"HOME", "/home/x"}, {"XDG_STATE_HOME", "/s"}};
  CHECK(*state_dir::locate("/here", environment) == "/here");
  CHECK(*state_dir::locate("", environment) == "/s/mahavishnu");
  environment["XDG_STATE_HOME"] = "relative"; // the specification says: ignore it
  CHECK(*state_dir::locate("", environment) == "/home/x/.local/state/mahavishnu");
  environment.clear();
  auto nowhere = state_dir::locate("", environment);
  REQUIRE(nowhere.has_error());
  CHECK_THAT(nowhere.error().message, ContainsSubstring("--state-dir"));
}

TEST_CASE("a new state directory is for its owner only") {
  scratch dir;
  auto path = dir.path() / "a" / "b";
  REQUIRE(state_dir::prepare(path).has_value());
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);
  CHECK(state_dir::prepare(path).has_value()); // again
}

TEST_CASE("a state directory that others can write to, or that is a file, is refused") {
  scratch dir;
  auto open = dir / "open";
  REQUIRE(state_dir::prepare(open).has_value());
  REQUIRE(::chmod(open.c_str(), 0777) == 0);
  CHECK(state_dir::prepare(open).error().code == errc::unauthorized);
  REQUIRE(::close(::open((dir / "file").c_str(), O_CREAT | O_WRONLY, 0600)) == 0);
  CHECK(state_dir::prepare(dir / "file").has_error());
}

TEST_CASE("one server at a time holds the lock, and its end releases it") {
  scratch dir;
  CHECK_FALSE(server_lock::is_held(dir.path()));
  {
    auto first = server_lock::take(dir.path());
    REQUIRE(first.has_value());
    CHECK(server_lock::is_held(dir.path()));
    auto second = server_lock::take(dir.path());
    REQUIRE(second.has_error());
    CHECK(second.error().code == errc::already_exists);
    CHECK_THAT(second.error().message, ContainsSubstring(std::to_string(::getpid())));
    CHECK(server_lock::is_held(dir.path())); // asking does not take it
  }
  CHECK_FALSE(server_lock::is_held(dir.path()));
  CHECK(server_lock::take(dir.path()).has_value());
}

TEST_CASE("each server of a directory has a greater epoch, and a damaged record is no zero") {
  scratch dir;
  CHECK(state_dir::next_epoch(dir.path()).value() == 1);
  CHECK(state_dir::next_epoch(dir.path()).value() == 2);
  dir.write("epoch", "41\n");
  CHECK(state_dir::next_epoch(dir.path()).value() == 42);
  dir.write("epoch", "damaged");
  auto refused = state_dir::next_epoch(dir.path());
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("epoch"));
}
