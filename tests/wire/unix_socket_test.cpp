// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "wire/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

using namespace mahavishnu;
using namespace mahavishnu::wire;
using mahavishnu::test::scratch;
using namespace std::chrono_literals;

TEST_CASE("the socket file belongs to its owner alone", "[wire]") {
  const scratch dir;
  const auto old = ::umask(0);
  const auto listener = listen_unix(dir / "control", leftover::keep);
  ::umask(old);

  REQUIRE(listener.has_value());
  struct stat file {};
  REQUIRE(::stat((dir / "control").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
}

TEST_CASE("a path longer than the address of a socket works", "[wire]") {
  const scratch dir;
  const auto deep = dir / std::string(100, 'a') / std::string(100, 'b');
  std::filesystem::create_directories(deep);

  const auto listener = listen_unix(deep / "control", leftover::keep);
  REQUIRE(listener.has_value());
  CHECK(connect_unix(deep / "control", 1s).has_value());

  const auto refused = listen_unix(deep / std::string(200, 'c'), leftover::keep);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::invalid_argument);
}

TEST_CASE("without a server connecting says that none is running", "[wire]") {
  const scratch dir;
  { const auto listener = listen_unix(dir / "stale", leftover::keep); }

  for (const auto& path : {dir / "stale", dir / "none", dir / "no" / "directory"}) {
    const auto fd = connect_unix(path, 1s);
    REQUIRE_FALSE(fd.has_value());
    CHECK(fd.error().code == errc::unreachable);
    CHECK_THAT(fd.error().message, ContainsSubstring("no server is running"));
    CHECK_THAT(fd.error().message, ContainsSubstring(path.string()));
  }
}

TEST_CASE("a socket file that is there is kept unless the caller holds the lock", "[wire]") {
  const scratch dir;
  { const auto listener = listen_unix(dir / "control", leftover::keep); }

  const auto refused = listen_unix(dir / "control", leftover::keep);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::already_exists);
  CHECK(listen_unix(dir / "control", leftover::remove).has_value());
}

TEST_CASE("connecting gives up in time when nobody takes connections", "[wire]") {
  const scratch dir;
  const auto listener = listen_unix(dir / "control", leftover::keep);
  REQUIRE(listener.has_value());
  REQUIRE(::listen(listener->get(), 0) == 0);
  const auto first = connect_unix(dir / "control", 1s);
  REQUIRE(first.has_value());

  const auto began = std::chrono::steady_clock::now();
  const auto fd = connect_unix(dir / "control", 100ms);

  REQUIRE_FALSE(fd.has_value());
  CHECK(fd.error().code == errc::timeout);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}
