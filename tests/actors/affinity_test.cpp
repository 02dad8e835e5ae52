// SPDX-License-Identifier: MIT
#include "actors/affinity.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace mahavishnu;

namespace {

auto everywhere = [](pool_slot) { return true; };

std::uint64_t hash_number(std::uint64_t i) {
  return stable_hash("key " + std::to_string(i));
}

/// The pool of each of so many keys.
std::vector<pool_slot> homes(const affinity_places& places, std::size_t keys) {
  std::vector<pool_slot> found;
  for (std::size_t i = 0; i < keys; ++i) {
    auto slot = places.find(hash_number(i), everywhere);
    REQUIRE(slot.has_value());
    found.push_back(*slot);
  }
  return found;
}

} // namespace

TEST_CASE("the hash of a key is the same everywhere") {
  CHECK(stable_hash("") == 0xc3817c016ba4ff30);
  CHECK(stable_hash("a key") == 0x53fff47664b1a48f);
  CHECK(stable_hash("\xff") == 0x01df27c8adb0f2d1);
  CHECK(consistent_place(stable_hash("a key"), 1) == 0);
  CHECK(consistent_place(stable_hash("a key"), 1000) == 553);
  CHECK(consistent_place(stable_hash("a key"), 1000000) == 780164);
}

TEST_CASE("one more place moves a hash only there") {
  for (std::uint64_t i = 0; i < 300; ++i) {
    auto hash = hash_number(i);
    for (std::uint32_t count = 1; count < 300; ++count) {
      auto before = consistent_place(hash, count), after = consistent_place(hash, count + 1);
      REQUIRE(before < count);
      REQUIRE((after == before || after == count));
    }
  }
}

TEST_CASE("all places have equal chances") {
  std::map<std::uint32_t, int> count;
  for (std::uint64_t i = 0; i < 70000; ++i)
    ++count[consistent_place(hash_number(i), 7)];
  REQUIRE(count.size() == 7);
  for (auto [place, keys] : count)
    CHECK(std::abs(keys - 10000) < 500); // more than five times the standard deviation
}

TEST_CASE("without pools a key finds nothing") {
  affinity_places places;
  CHECK_FALSE(places.find(1, everywhere));
  places.add(0);
  CHECK(places.find(1, everywhere) == 0);
  CHECK_FALSE(places.find(1, [](pool_slot) { return false; }));
  places.remove(0);
  CHECK_FALSE(places.find(1, everywhere));
}

TEST_CASE("a pool that goes gives up its keys to all others and gets them back") {
  affinity_places places;
  constexpr pool_slot pools = 20;
  for (pool_slot slot = 0; slot < pools; ++slot)
    places.add(slot);
  auto before = homes(places, 10000);
  auto check = [&](const std::vector<pool_slot>& during) {
    std::set<pool_slot> heirs;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] == 7)
        heirs.insert(during[i]);
      else
        REQUIRE(during[i] == before[i]);
    }
    CHECK(heirs.size() == pools - 1);
    CHECK_FALSE(heirs.contains(7));
  };
  std::vector<pool_slot> unavailable;
  for (std::size_t i = 0; i < before.size(); ++i)
    unavailable.push_back(
        places.find(hash_number(i), [](pool_slot slot) { return slot != 7; }).value());
  check(unavailable);
  places.remove(7);
  check(homes(places, before.size()));
  places.add(7);
  CHECK(homes(places, before.size()) == before);
}

TEST_CASE("a pool that comes takes keys only for itself") {
  affinity_places places;
  for (pool_slot slot = 0; slot < 50; ++slot) {
    places.add(slot);
    if (slot == 0)
      continue;
    auto after = homes(places, 500);
    places.remove(slot);
    auto before = homes(places, 500);
    places.add(slot);
    for (std::size_t i = 0; i < before.size(); ++i)
      REQUIRE((after[i] == before[i] || after[i] == slot));
  }
}

TEST_CASE("keys find all of the few pools that are left of many") {
  affinity_places places;
  for (pool_slot slot = 0; slot < 1000; ++slot)
    places.add(slot);
  for (pool_slot slot = 0; slot < 1000; ++slot)
    if (slot % 100 != 7)
      places.remove(slot);
  std::map<pool_slot, int> count;
  for (auto slot : homes(places, 10000))
    ++count[slot];
  REQUIRE(count.size() == 10);
  for (auto [slot, keys] : count) {
    CHECK(slot % 100 == 7);
    CHECK(std::abs(keys - 1000) < 200);
  }
}

TEST_CASE("sticky keys forget the one that was not used for longest") {
  sticky_keys keys{2, 1};
  keys[10].home = 1;
  keys[11].home = 2;
  CHECK(keys[10].home == 1);
  keys[12].home = 3; // 11 makes room
  CHECK(keys.size() == 2);
  CHECK(keys[10].home == 1);
  CHECK(keys[12].home == 3);
  CHECK_FALSE(keys[11].home);
  CHECK_FALSE(keys[10].home);
}

TEST_CASE("sticky keys agree with a simple model under random commands") {
  std::mt19937 random{mahavishnu::test::seed()};
  constexpr std::size_t limit = 37;
  sticky_keys keys{limit, mahavishnu::test::seed()};
  std::list<std::pair<std::uint64_t, pool_number>> model; // the newest first
  for (pool_number step = 0; step < 20000; ++step) {
    std::uint64_t key = random() % 60;
    auto& its = keys[key];
    auto known = std::ranges::find(model, key, &std::pair<std::uint64_t, pool_number>::first);
    REQUIRE(its.home.has_value() == (known != model.end()));
    REQUIRE_FALSE(its.stand_in.has_value());
    if (known != model.end()) {
      REQUIRE(its.home == known->second);
      model.erase(known);
    } else if (model.size() == limit) {
      model.pop_back();
    }
    its.home = step;
    model.emplace_front(key, step);
    REQUIRE(keys.size() == model.size());
  }
}
