// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/secret.hpp"
#include "support/catch.hpp"
#include "vectors.hpp"

#include <set>

using namespace mahavishnu;
using namespace mahavishnu::auth;

TEST_CASE("new secrets are long, printable and never the same") {
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    auto made = make_secret().value();
    CHECK(made.size() == 64);
    CHECK(made.find_first_not_of(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    CHECK(check_secret(made).has_value());
    all.insert(made);
  }
  CHECK(all.size() == 100);
}

TEST_CASE("a short secret is refused with a way to make one, and is not shown") {
  auto checked = check_secret("hunter2");
  REQUIRE_FALSE(checked.has_value());
  CHECK_THAT(checked.error().message, ContainsSubstring("at least 32 characters, not 7"));
  CHECK_THAT(checked.error().message, ContainsSubstring("mahavishnu auth secret"));
  CHECK(checked.error().message.find("hunter2") == std::string::npos);
  CHECK_FALSE(check_secret(std::string(31, 'x')).has_value());
  CHECK(check_secret(std::string(32, 'x')).has_value());
}

TEST_CASE("a key in PEM is no secret") {
  CHECK_FALSE(check_secret(test::rsa_public).has_value());
  CHECK_FALSE(check_secret("\n" + std::string{test::ec_public}).has_value());
}
