// SPDX-License-Identifier: MIT
#include "actors/routing.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace mahavishnu;

namespace {

constexpr pool_number a = 10, b = 20, c = 30;
constexpr auto round_robin = pool_selector::round_robin;
constexpr auto least_loaded = pool_selector::least_loaded;
constexpr auto at_random = pool_selector::random;
constexpr auto affinity = pool_selector::affinity;
constexpr auto selectors = {round_robin, least_loaded, at_random, affinity};

void add(routing& routes, pool_number pool, std::int32_t capacity = 1,
         const label_map& labels = {}) {
  routes.add(pool, pool_id{"pool_" + std::to_string(pool)}, labels, capacity);
}

routing with_pools(pool_number count) {
  routing routes{1};
  for (pool_number pool = 0; pool < count; ++pool)
    add(routes, pool);
  return routes;
}

pool_number choose_and_dispatch(routing& routes, pool_selector how) {
  auto pool = routes.choose(how);
  REQUIRE(pool.has_value());
  routes.dispatched(*pool);
  return *pool;
}

std::string key_number(std::size_t i) {
  return "key " + std::to_string(i);
}

/// The pool of each of so many keys.
std::vector<pool_number> homes(routing& routes, std::size_t keys, const label_map& labels = {}) {
  std::vector<pool_number> found;
  for (std::size_t i = 0; i < keys; ++i)
    found.push_back(routes.choose(affinity, labels, key_number(i)).value());
  return found;
}

/// The same as `routing`, by looking at every pool each time.
class model {
public:
  struct pool {
    pool_number number;
    label_map labels;
    std::int64_t capacity, in_flight, last_choice;
    bool paused;
  };

  std::vector<pool> pools; // in order of arrival, so by number

  std::int64_t next_choice() { return ++choices_; }

  bool can_choose(const pool& x, const label_map& labels) const {
    return !x.paused && std::ranges::includes(x.labels, labels);
  }

  bool can_choose(std::optional<pool_number> number, const label_map& labels) const {
    return std::ranges::any_of(
        pools, [&](const auto& x) { return x.number == number && can_choose(x, labels); });
  }

  bool can_choose_any(const label_map& labels) const {
    return std::ranges::any_of(pools, [&](const auto& x) { return can_choose(x, labels); });
  }

  std::optional<pool_number> least_loaded(const label_map& labels) const {
    const pool* best = nullptr;
    for (const auto& x : pools) {
      if (!can_choose(x, labels))
        continue;
      auto its = best ? x.in_flight * best->capacity : 0;
      auto least = best ? best->in_flight * x.capacity : 0;
      if (!best || its < least || (its == least && x.last_choice < best->last_choice))
        best = &x;
    }
    return best ? std::optional{best->number} : std::nullopt;
  }

  std::optional<pool_number> round_robin(const label_map& labels) {
    auto& last = last_turn_[labels];
    std::optional<pool_number> next;
    for (const auto& x : pools)
      if (can_choose(x, labels) && (!next || (*next <= last && x.number > last)))
        next = x.number;
    if (next)
      last = *next;
    return next;
  }

private:
  std::int64_t choices_ = 0;
  std::map<label_map, pool_number> last_turn_;
};

} // namespace

TEST_CASE("without pools there is nothing to choose") {
  routing routes{1};
  CHECK(routes.empty());
  for (auto how : selectors)
    CHECK_FALSE(routes.choose(how));
  add(routes, a);
  CHECK(routes.size() == 1);
  for (auto how : selectors)
    CHECK(routes.choose(how) == a);
  routes.remove(a);
  CHECK(routes.empty());
  for (auto how : selectors)
    CHECK_FALSE(routes.choose(how));
}

TEST_CASE("round robin takes the pools in turn and goes on after one has gone") {
  routing routes{1};
  for (auto pool : {c, a, b}) // in order of arrival and not of their numbers
    add(routes, pool);
  std::vector<pool_number> seen;
  for (int i = 0; i < 4; ++i)
    seen.push_back(choose_and_dispatch(routes, round_robin));
  CHECK(seen == std::vector{c, a, b, c});
  routes.remove(a);
  CHECK(choose_and_dispatch(routes, round_robin) == b);
  CHECK(choose_and_dispatch(routes, round_robin) == c);
}

TEST_CASE("a pool that was paused gets its old turn back") {
  routing routes{1};
  for (auto pool : {a, b, c})
    add(routes, pool);
  routes.pause(b);
  CHECK(routes.choose(round_robin) == a);
  routes.resume(b);
  CHECK(routes.choose(round_robin) == b);
  CHECK(routes.choose(round_robin) == c);
  routes.pause(a);
  CHECK(routes.choose(round_robin) == b);
  routes.resume(a); // it was passed over in this round
  CHECK(routes.choose(round_robin) == c);
  CHECK(routes.choose(round_robin) == a);
}

TEST_CASE("the least loaded pool has the least work relative to its capacity") {
  routing routes{1};
  add(routes, a, 1);
  add(routes, b, 4);
  routes.dispatched(a);
  routes.dispatched(b, 2);
  CHECK(routes.choose(least_loaded) == b); // 2/4 against 1/1
  routes.resize(b, 1);
  CHECK(routes.choose(least_loaded) == a); // 2/1 against 1/1
  routes.resize(b, 4);
  routes.left(a);
  CHECK(routes.choose(least_loaded) == a); // 2/4 against 0/1
}

TEST_CASE("ties among the least loaded rotate") {
  routing routes{1};
  for (auto pool : {a, b, c})
    add(routes, pool, 2);
  std::map<pool_number, int> count;
  for (int i = 0; i < 30; ++i) {
    auto pool = choose_and_dispatch(routes, least_loaded);
    routes.left(pool); // always a tie again
    ++count[pool];
  }
  CHECK(count == std::map<pool_number, int>{{a, 10}, {b, 10}, {c, 10}});
}

TEST_CASE("every small distribution of load has its least loaded pool") {
  for (int loads = 0; loads < 4 * 4 * 4; ++loads)
    for (int capacities = 0; capacities < 3 * 3 * 3; ++capacities) {
      routing routes{1};
      std::int32_t load[] = {loads % 4, loads / 4 % 4, loads / 16};
      std::int32_t capacity[] = {capacities % 3 + 1, capacities / 3 % 3 + 1, capacities / 9 + 1};
      for (pool_number pool = 0; pool < 3; ++pool)
        add(routes, pool, capacity[pool]);
      for (pool_number pool = 0; pool < 3; ++pool)
        routes.dispatched(pool, load[pool]);
      auto chosen = routes.choose(least_loaded);
      REQUIRE(chosen.has_value());
      for (pool_number pool = 0; pool < 3; ++pool)
        REQUIRE(load[*chosen] * capacity[pool] <= load[pool] * capacity[*chosen]);
    }
}

TEST_CASE("counts stay within their bounds") {
  routing routes{1};
  add(routes, a, 0);
  CHECK(routes.capacity(a) == 1);
  routes.resize(a, -5);
  CHECK(routes.capacity(a) == 1);
  routes.dispatched(a, 3);
  routes.dispatched(a, 0);
  routes.dispatched(a, -1);
  routes.left(a, -1);
  CHECK(routes.in_flight(a) == 3);
  routes.left(a, 5);
  CHECK(routes.in_flight(a) == 0);
  for (int i = 0; i < 4; ++i)
    routes.dispatched(a, INT32_MAX);
  CHECK(routes.in_flight(a) == UINT32_MAX);
}

TEST_CASE("what concerns a pool that is unknown is ignored") {
  routing routes{1};
  add(routes, a);
  routes.dispatched(b);
  routes.left(b);
  routes.resize(b, 3);
  routes.pause(b);
  routes.resume(b);
  routes.remove(b);
  CHECK(routes.size() == 1);
  CHECK(routes.in_flight(b) == 0);
  CHECK(routes.capacity(b) == 0);
  add(routes, a, 9); // and so is a pool that is known already
  CHECK(routes.capacity(a) == 1);
}

TEST_CASE("a paused pool is not chosen but its load is counted") {
  routing routes{1};
  for (auto pool : {a, b})
    add(routes, pool);
  routes.pause(a);
  routes.pause(a);
  for (auto how : selectors)
    for (int i = 0; i < 20; ++i)
      CHECK(routes.choose(how, {}, key_number(static_cast<std::size_t>(i))) == b);
  routes.dispatched(a, 2);
  routes.dispatched(b);
  CHECK(routes.in_flight(a) == 2);
  routes.resume(a);
  routes.resume(a);
  CHECK(routes.choose(least_loaded) == b);
  routes.pause(a);
  routes.pause(b);
  CHECK_FALSE(routes.empty());
  for (auto how : selectors)
    CHECK_FALSE(routes.choose(how));
}

TEST_CASE("random choices reach every pool alike and follow the seed") {
  auto sequence = [](std::uint64_t seed) {
    routing routes{seed};
    for (auto pool : {a, b, c})
      add(routes, pool);
    std::vector<pool_number> seen;
    for (int i = 0; i < 3000; ++i)
      seen.push_back(*routes.choose(at_random));
    return seen;
  };
  auto seen = sequence(7);
  for (auto pool : {a, b, c})
    CHECK(std::abs(std::ranges::count(seen, pool) - 1000) < 150);
  CHECK(seen == sequence(7));
  CHECK(seen != sequence(8));
}

TEST_CASE("a key stays with its pool while others come and go") {
  auto routes = with_pools(10);
  constexpr std::size_t keys = 5000;
  auto before = homes(routes, keys);
  for (pool_number pool = 10; pool < 40; ++pool)
    add(routes, pool);
  CHECK(homes(routes, keys) == before);
  for (pool_number pool = 10; pool < 40; pool += 2)
    routes.remove(pool);
  CHECK(homes(routes, keys) == before);
}

TEST_CASE("a pool that goes leaves its keys to all others") {
  auto routes = with_pools(10);
  constexpr std::size_t keys = 5000;
  auto before = homes(routes, keys);
  routes.remove(3);
  auto after = homes(routes, keys);
  std::map<pool_number, int> heirs;
  for (std::size_t i = 0; i < keys; ++i) {
    if (before[i] == 3)
      ++heirs[after[i]];
    else
      REQUIRE(after[i] == before[i]);
  }
  CHECK(heirs.size() == 9);
  for (auto [pool, count] : heirs)
    CHECK(count < 2 * 500 / 9);
  add(routes, 10); // in the same slot, but another pool
  CHECK(homes(routes, keys) == after);
}

TEST_CASE("the keys of a paused pool go elsewhere together and come back") {
  auto routes = with_pools(5);
  constexpr std::size_t keys = 2000;
  auto before = homes(routes, keys);
  routes.pause(2);
  auto during = homes(routes, keys);
  for (std::size_t i = 0; i < keys; ++i)
    REQUIRE((before[i] == 2 ? during[i] != 2 : during[i] == before[i]));
  add(routes, 5);
  CHECK(homes(routes, keys) == during);

  SECTION("when it goes on") {
    routes.resume(2);
    CHECK(homes(routes, keys) == before);
    routes.pause(2);
    CHECK(homes(routes, keys) == during);
  }
  SECTION("or stay where they are when it has gone") {
    routes.remove(2);
    CHECK(homes(routes, keys) == during);
    add(routes, 6);
    CHECK(homes(routes, keys) == during);
  }
  SECTION("and go on when that one is paused too") {
    routes.pause(1);
    auto twice = homes(routes, keys);
    for (std::size_t i = 0; i < keys; ++i)
      REQUIRE((during[i] == 1 ? twice[i] != 1 && twice[i] != 2 : twice[i] == during[i]));
    routes.remove(2);
    CHECK(homes(routes, keys) == twice);
  }
}

TEST_CASE("two managers with the same pools agree on keys that they never saw") {
  routing first{1}, second{2};
  first.choose(at_random, {{"gpu", "yes"}}); // labels asked for before or after makes no difference
  for (pool_number pool = 0; pool < 30; ++pool) {
    add(first, pool, 1, {{"gpu", pool % 2 ? "yes" : "no"}});
    add(second, pool, 5, {{"gpu", pool % 2 ? "yes" : "no"}});
  }
  second.dispatched(3, 7);
  second.choose(at_random);
  CHECK(homes(first, 1000) == homes(second, 1000));
  CHECK(homes(first, 1000, {{"gpu", "yes"}}) == homes(second, 1000, {{"gpu", "yes"}}));
}

TEST_CASE("a key that was forgotten is found again by hashing") {
  auto routes = with_pools(10);
  auto before = homes(routes, 100);
  homes(routes, 70000); // more than are remembered
  CHECK(homes(routes, 100) == before);
}

TEST_CASE("the keys are balanced between the pools") {
  constexpr std::size_t keys_each = 100;
  for (pool_number pools : {10u, 100u, 1000u}) {
    auto routes = with_pools(pools);
    std::map<pool_number, std::size_t> count;
    for (auto pool : homes(routes, pools * keys_each))
      ++count[pool];
    CHECK(count.size() == pools);
    for (auto [pool, keys] : count) { // the standard deviation is 10
      CHECK(keys < keys_each * 3 / 2);
      CHECK(keys > keys_each / 2);
    }
  }
}

TEST_CASE("labels narrow the choice to the pools that have all of them") {
  routing routes{1};
  add(routes, a, 1, {{"gpu", "yes"}, {"zone", "north"}});
  add(routes, b, 1, {{"gpu", "yes"}});
  add(routes, c, 1, {{"gpu", "no"}, {"zone", "north"}});
  auto reached = [&](const label_map& labels) {
    std::set<pool_number> pools;
    for (auto how : selectors)
      for (std::size_t i = 0; i < 50; ++i)
        if (auto pool = routes.choose(how, labels, key_number(i)))
          pools.insert(*pool);
    return pools;
  };
  using set = std::set<pool_number>;
  CHECK(reached({}) == set{a, b, c});
  CHECK(reached({{"gpu", "yes"}}) == set{a, b});
  CHECK(reached({{"gpu", "yes"}, {"zone", "north"}}) == set{a});
  CHECK(reached({{"zone", "north"}}) == set{a, c});
  CHECK(reached({{"zone", "south"}}).empty());
  CHECK(reached({{"colour", "red"}}).empty());
  routes.pause(c);
  CHECK(reached({{"zone", "north"}}) == set{a});
  add(routes, 40, 1, {{"zone", "north"}});
  CHECK(reached({{"zone", "north"}}) == set{a, 40});
  routes.resume(c);
  routes.remove(a);
  CHECK(reached({{"zone", "north"}}) == set{c, 40});
}

TEST_CASE("labels asked for while a pool is paused find it later") {
  routing routes{1};
  add(routes, a, 1, {{"gpu", "yes"}});
  add(routes, b, 1, {{"gpu", "yes"}});
  routes.pause(a);
  CHECK(routes.choose(round_robin, {{"gpu", "yes"}}) == b);
  CHECK(routes.choose(round_robin, {{"gpu", "yes"}}) == b);
  routes.resume(a);
  CHECK(routes.choose(round_robin, {{"gpu", "yes"}}) == a);
}

TEST_CASE("labels that are asked for often keep their turn whatever else is asked for") {
  routing routes{1};
  for (auto pool : {a, b, c})
    add(routes, pool, 1, {{"gpu", "yes"}});
  for (int i = 0; i < 100; ++i)
    for (auto pool : {a, b, c}) {
      REQUIRE(routes.choose(round_robin, {{"gpu", "yes"}}) == pool);
      routes.choose(round_robin, {{"n", std::to_string(i)}});
    }
}

TEST_CASE("any number of different labels can be asked for") {
  std::mt19937 random{mahavishnu::test::seed()};
  routing routes{1};
  model all;
  for (pool_number pool = 0; pool < 200; ++pool) {
    label_map labels{{"n", std::to_string(pool % 100)}};
    add(routes, pool, 1, labels);
    all.pools.push_back({pool, labels, 1, 0, all.next_choice(), false});
  }
  for (int step = 0; step < 2000; ++step) {
    label_map labels{{"n", std::to_string(random() % 100)}};
    auto chosen = routes.choose(least_loaded, labels);
    REQUIRE(chosen == all.least_loaded(labels));
    routes.dispatched(*chosen);
    ++all.pools[*chosen].in_flight;
    all.pools[*chosen].last_choice = all.next_choice();
  }
}

TEST_CASE("the routing agrees with a simple model under random commands") {
  std::mt19937 random{mahavishnu::test::seed()};
  auto below = [&](std::size_t bound) { return random() % bound; };
  routing routes{mahavishnu::test::seed()};
  model all;
  const std::vector<label_map> wishes{{},
                                      {{"gpu", "yes"}},
                                      {{"gpu", "no"}},
                                      {{"zone", "north"}},
                                      {{"gpu", "yes"}, {"zone", "north"}},
                                      {{"colour", "red"}}};
  std::map<std::pair<std::size_t, std::string>, std::vector<pool_number>> homes_of; // of a key
  pool_number numbers = 0;
  for (int step = 0; step < 10000; ++step) {
    auto action = below(20);
    if (all.pools.empty() || (action == 0 && all.pools.size() < 40)) {
      label_map labels;
      if (auto gpu = below(3))
        labels["gpu"] = gpu == 1 ? "yes" : "no";
      if (below(2))
        labels["zone"] = below(2) ? "north" : "south";
      auto capacity = static_cast<std::int32_t>(below(5) + 1);
      all.pools.push_back({++numbers, labels, capacity, 0, all.next_choice(), false});
      add(routes, numbers, capacity, labels);
    }
    auto& pool = all.pools[below(all.pools.size())];
    auto n = static_cast<std::int32_t>(below(3) + 1);
    const auto wish = below(wishes.size());
    const auto& labels = wishes[wish];
    switch (action) {
    case 1:
      routes.remove(pool.number);
      all.pools.erase(all.pools.begin() + (&pool - all.pools.data()));
      break;
    case 2:
      routes.resize(pool.number, n);
      pool.capacity = n;
      break;
    case 3:
      routes.pause(pool.number);
      pool.paused = true;
      break;
    case 4:
    case 5:
      routes.resume(pool.number);
      pool.paused = false;
      break;
    case 6:
    case 7:
    case 8:
      routes.dispatched(pool.number, n);
      pool.in_flight += n;
      pool.last_choice = all.next_choice();
      break;
    case 9:
    case 10:
    case 11:
    case 12:
      routes.left(pool.number, n);
      pool.in_flight = std::max<std::int64_t>(pool.in_flight - n, 0);
      break;
    case 13:
    case 14: REQUIRE(routes.choose(least_loaded, labels) == all.least_loaded(labels)); break;
    case 15:
    case 16: REQUIRE(routes.choose(round_robin, labels) == all.round_robin(labels)); break;
    case 17: {
      auto chosen = routes.choose(at_random, labels);
      REQUIRE(chosen.has_value() == all.can_choose_any(labels));
      REQUIRE((!chosen || all.can_choose(chosen, labels)));
      break;
    }
    default: {
      auto key = key_number(below(20));
      auto chosen = routes.choose(affinity, labels, key);
      REQUIRE(chosen.has_value() == all.can_choose_any(labels));
      if (!chosen)
        break;
      REQUIRE(all.can_choose(chosen, labels));
      REQUIRE(routes.choose(affinity, labels, key) == chosen);
      // It moves when its pool is gone or paused, or to where it was before.
      auto& its = homes_of[{wish, key}];
      if (!its.empty() && its.back() != *chosen)
        REQUIRE((!all.can_choose(its.back(), labels) || std::ranges::count(its, *chosen)));
      its.push_back(*chosen);
    }
    }
    REQUIRE(routes.size() == all.pools.size());
    for (const auto& x : all.pools) {
      REQUIRE(routes.in_flight(x.number) == x.in_flight);
      REQUIRE(routes.capacity(x.number) == x.capacity);
    }
  }
}

TEST_CASE("the key that a choice has moved is told once, and is remembered where it was") {
  routing routes{1};
  add(routes, a, 1);
  CHECK(routes.choose(affinity, {}, "key") == a);
  auto moved = routes.take_moved_key();
  REQUIRE(moved);
  CHECK((moved->home == a && !moved->stand_in));
  CHECK_FALSE(routes.take_moved_key());
  CHECK(routes.choose(affinity, {}, "key") == a);
  CHECK_FALSE(routes.take_moved_key()); // it stayed
  add(routes, b, 1);
  routes.pause(a);
  CHECK(routes.choose(affinity, {}, "key") == b);
  auto away = routes.take_moved_key();
  REQUIRE(away);
  CHECK((away->key == moved->key && away->home == a && away->stand_in == b));

  // Another server, whose pools are others, or the same in another order.
  for (auto home : {a, b, c}) {
    routing next{2};
    for (auto pool : {c, b, a})
      add(next, pool, 1);
    next.remember({moved->key, home, {}});
    CHECK(next.choose(affinity, {}, "key") == home);
    CHECK_FALSE(next.take_moved_key());
  }
  routing poorer{3};
  add(poorer, b, 1);
  poorer.remember({moved->key, a, b});
  CHECK(poorer.choose(affinity, {}, "key") == b);
}
