// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/key_set_cache.hpp"
#include "support/catch.hpp"
#include "vectors.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace std::chrono_literals;

namespace {

const key_set_cache::moment start{1000s};
constexpr key_set_cache::options usual{600s, 3600s, 30s};

key_set some_keys() {
  return key_set::of_jwks(test::key_set_json, algorithm::rs256).value();
}

} // namespace

TEST_CASE("a cache without keys wants to fetch them, once per pause") {
  key_set_cache cache{usual};
  CHECK_FALSE(cache.keys(start));
  CHECK(cache.should_fetch(start));
  CHECK_FALSE(cache.should_fetch(start + 29s));
  CHECK(cache.should_fetch(start + 30s));
}

TEST_CASE("keys are fetched again when they are old, and used meanwhile") {
  key_set_cache cache{usual};
  CHECK(cache.should_fetch(start));
  cache.store(some_keys(), start);
  CHECK_FALSE(cache.should_fetch(start + 599s));
  CHECK(cache.should_fetch(start + 600s));
  CHECK(cache.keys(start + 600s));
}

TEST_CASE("keys that nobody could fetch for long are not used any more") {
  key_set_cache cache{usual};
  cache.store(some_keys(), start);
  CHECK(cache.keys(start + 3599s));
  CHECK_FALSE(cache.keys(start + 3600s));
}

TEST_CASE("an unknown key makes a cache fetch, but not as often as somebody likes") {
  key_set_cache cache{usual};
  CHECK(cache.should_fetch(start));
  cache.store(some_keys(), start);
  CHECK_FALSE(cache.should_fetch_for_unknown_key(start + 1s));
  CHECK(cache.should_fetch_for_unknown_key(start + 30s));
  int fetches = 0;
  for (auto now = start + 31s; now < start + 331s; now += 1s)
    fetches += cache.should_fetch_for_unknown_key(now);
  CHECK(fetches == 10);
}

TEST_CASE("a cache never forgets keys before it wants new ones") {
  key_set_cache cache{{600s, 60s, 30s}};
  cache.store(some_keys(), start);
  CHECK(cache.keys(start + 599s));
  CHECK(cache.should_fetch(start + 600s));
}
