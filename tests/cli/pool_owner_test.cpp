// SPDX-License-Identifier: MIT
#include "cli/each/pool_owner.hpp"
#include "support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace mahavishnu::cli::each;

TEST_CASE("the owner of a pool is itself as long as it is there") {
  auto self = pool_owner::self().value();
  CHECK(self.pid == ::getpid());
  CHECK(pool_owner::parse(self.text()) == self);
  CHECK_FALSE(self.is_gone());
}

TEST_CASE("an owner is gone when its process is, or when that is another one now") {
  auto other = pool_owner::self().value();
  ++other.started;
  CHECK(other.is_gone());
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  auto ended = pool_owner::self().value();
  ended.pid = child;
  CHECK(ended.is_gone());
}

TEST_CASE("nobody knows about the processes of another namespace") {
  auto other = pool_owner::self().value();
  ++other.started;
  ++other.pid_namespace;
  CHECK_FALSE(other.is_gone());
}

TEST_CASE("what does not name a process is nobody") {
  for (const auto* wrong :
       {"", "7zip", "1", "1.2", "1.0.3", "1.-2.3", "1.2.3x", "1.2.3.4", "a.b.c"})
    CHECK_FALSE(pool_owner::parse(wrong));
}
