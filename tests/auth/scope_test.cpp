// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/scope.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;

TEST_CASE("broader scopes imply narrower ones") {
  CHECK(scope_set{scope::admin}.covers({scope::read, scope::write, scope::execute, scope::admin}));
  CHECK(scope_set{scope::write}.covers(scope::read));
  CHECK(scope_set{scope::execute}.covers(scope::read));
  CHECK_FALSE(scope_set{scope::write}.covers(scope::execute));
  CHECK_FALSE(scope_set{scope::execute}.covers(scope::write));
  CHECK_FALSE(scope_set{scope::read}.covers(scope::write));
  CHECK_FALSE(scope_set{scope::read, scope::write, scope::execute}.covers(scope::admin));
}

TEST_CASE("no scope covers only what needs none") {
  CHECK(scope_set{}.covers({}));
  CHECK_FALSE(scope_set{}.covers(scope::read));
  CHECK(scope_set{}.text().empty());
}

TEST_CASE("scopes are read with commas and spaces, and written in a fixed order") {
  CHECK(scope_set::parse("execute,read").value().text() == "read execute");
  CHECK(scope_set::parse(" admin  write, read,").value().text() == "read write admin");
  CHECK(scope_set::parse("").value().empty());
  CHECK(scope_set{scope::admin}.text() == "admin");
  CHECK(scope_set{scope::admin}.implied().text() == "read write execute admin");
}

TEST_CASE("a scope that there is not is refused with those that there are") {
  for (const auto* text : {"run", "read,Write", "read\twrite", "reads"}) {
    auto parsed = scope_set::parse(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == errc::invalid_argument);
    CHECK_THAT(parsed.error().message, ContainsSubstring("read, write, execute or admin"));
  }
}
