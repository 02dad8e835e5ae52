// SPDX-License-Identifier: MIT
#include "actors/idempotency.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

namespace {

task_id task(std::uint64_t number) {
  return {1, number};
}

} // namespace

TEST_CASE("a key belongs to its task until that is forgotten") {
  idempotency keys{10};
  CHECK_FALSE(keys.find("a"));
  keys.add("a", {task(1), 7, {}});
  REQUIRE(keys.find("a"));
  CHECK(keys.find("a")->task == task(1));
  CHECK(keys.find("a")->pool == 7);
  keys.forget(task(1));
  CHECK_FALSE(keys.find("a"));
  keys.forget(task(1));
  keys.ended(task(1));
  CHECK(keys.size() == 0);
}

TEST_CASE("of the keys of ended tasks those that were asked for last are kept") {
  idempotency keys{2};
  for (std::uint64_t i = 1; i <= 4; ++i)
    keys.add(std::to_string(i), {task(i), 1, {}});
  keys.ended(task(1));
  keys.ended(task(2));
  keys.ended(task(2));
  CHECK(keys.find("1")); // 2 is the oldest one now
  keys.ended(task(3));
  CHECK_FALSE(keys.find("2"));
  CHECK(keys.find("1"));
  CHECK(keys.find("3"));
  CHECK(keys.find("4")); // has not ended
  CHECK(keys.size() == 3);
}

TEST_CASE("keys of a pool go with it") {
  idempotency keys{10};
  keys.add("a", {task(1), 1, {}});
  keys.add("b", {task(2), 2, {}});
  keys.add("c", {task(3), 1, {}});
  keys.ended(task(3));
  keys.forget(pool_number{1});
  CHECK_FALSE(keys.find("a"));
  CHECK(keys.find("b"));
  CHECK_FALSE(keys.find("c"));
}
