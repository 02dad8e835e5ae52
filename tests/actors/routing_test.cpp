// SPDX-License-Identifier: MIT
#include "actors/routing.hpp"
#include "support/catch.hpp"

#include <map>

using namespace mahavishnu;

namespace {

const pool_id a{"a"}, b{"b"}, c{"c"};

pool_id choose_and_dispatch(routing& routes, pool_selector how) {
  auto pool = routes.choose(how);
  REQUIRE(pool.has_value());
  routes.dispatched(*pool);
  return *pool;
}

} // namespace

TEST_CASE("without pools there is nothing to choose") {
  routing routes{1};
  CHECK(routes.empty());
  for (auto how : {pool_selector::round_robin, pool_selector::least_loaded, pool_selector::random,
                   pool_selector::affinity})
    CHECK_FALSE(routes.choose(how));
}

TEST_CASE("round robin takes the pools in turn and goes on after one has gone") {
  routing routes{1};
  for (const auto& pool : {a, b, c})
    routes.add(pool, 1);
  std::vector<pool_id> seen;
  for (int i = 0; i < 4; ++i)
    seen.push_back(choose_and_dispatch(routes, pool_selector::round_robin));
  CHECK(seen == std::vector{a, b, c, a});
  routes.remove(b);
  CHECK(choose_and_dispatch(routes, pool_selector::round_robin) == c);
  CHECK(choose_and_dispatch(routes, pool_selector::round_robin) == a);
}

TEST_CASE("the least loaded pool has the least work relative to its capacity") {
  routing routes{1};
  routes.add(a, 1);
  routes.add(b, 4);
  routes.dispatched(a);
  routes.dispatched(b);
  routes.dispatched(b);
  CHECK(routes.choose(pool_selector::least_loaded) == b); // 2/4 against 1/1
  routes.left(a);
  CHECK(routes.choose(pool_selector::least_loaded) == a); // 2/4 against 0/1
}

TEST_CASE("ties among the least loaded rotate") {
  routing routes{1};
  for (const auto& pool : {a, b, c})
    routes.add(pool, 2);
  std::map<pool_id, int> count;
  for (int i = 0; i < 30; ++i) {
    auto pool = choose_and_dispatch(routes, pool_selector::least_loaded);
    routes.left(pool); // always a tie again
    ++count[pool];
  }
  CHECK(count == std::map<pool_id, int>{{a, 10}, {b, 10}, {c, 10}});
}

TEST_CASE("random choices reach every pool and follow the seed") {
  auto sequence = [](std::uint64_t seed) {
    routing routes{seed};
    for (const auto& pool : {a, b, c})
      routes.add(pool, 1);
    std::vector<pool_id> seen;
    for (int i = 0; i < 100; ++i)
      seen.push_back(*routes.choose(pool_selector::random));
    return seen;
  };
  auto seen = sequence(7);
  CHECK(std::set<pool_id>(seen.begin(), seen.end()).size() == 3);
  CHECK(seen == sequence(7));
}

TEST_CASE("the routing agrees with a simple model under random commands") {
  std::mt19937 random{test::seed()};
  routing routes{test::seed()};
  struct model_pool {
    pool_id id;
    std::int64_t load = 0, capacity = 1;
  };
  std::vector<model_pool> model;
  for (int step = 0; step < 20000; ++step) {
    auto action = random() % 10;
    if (model.size() < 2 || (action == 0 && model.size() < 50)) {
      model_pool fresh{pool_id{"p" + std::to_string(step)}, 0, std::int64_t(random() % 5 + 1)};
      routes.add(fresh.id, static_cast<std::int32_t>(fresh.capacity));
      model.push_back(fresh);
    } else if (action == 1) {
      auto at = random() % model.size();
      routes.remove(model[at].id);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (action < 5) {
      auto& pool = model[random() % model.size()];
      if (pool.load > 0) {
        routes.left(pool.id);
        --pool.load;
      }
    } else {
      auto chosen = routes.choose(pool_selector::least_loaded);
      REQUIRE(chosen.has_value());
      auto its = std::ranges::find(model, *chosen, &model_pool::id);
      REQUIRE(its != model.end());
      for (const auto& other : model)
        REQUIRE(its->load * other.capacity <= other.load * its->capacity);
      routes.dispatched(*chosen);
      ++its->load;
    }
  }
}
