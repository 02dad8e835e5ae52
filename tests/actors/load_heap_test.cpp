// SPDX-License-Identifier: MIT
#include "actors/load_heap.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <random>

using namespace mahavishnu;

TEST_CASE("loads compare by their exact share of the capacity, then by who waited longest") {
  CHECK(pool_load{1, 3, 9} < pool_load{1, 2, 1});
  CHECK_FALSE(pool_load{1, 2, 1} < pool_load{1, 3, 9});
  CHECK(pool_load{1, 2, 1} < pool_load{2, 4, 2});
  CHECK_FALSE(pool_load{2, 4, 2} < pool_load{1, 2, 1});
  CHECK_FALSE(pool_load{1, 2, 1} < pool_load{1, 2, 1});
  constexpr auto most = UINT32_MAX;
  CHECK(pool_load{most - 1, most, 2} < pool_load{most, most, 1}); // a double would call them equal
}

TEST_CASE("a load heap agrees with a sorted map under random commands") {
  std::mt19937 random{mahavishnu::test::seed()};
  load_heap heap;
  std::map<pool_slot, pool_load> model;
  std::uint64_t choices = 0;
  for (int step = 0; step < 20000; ++step) {
    auto slot = static_cast<pool_slot>(random() % 60);
    pool_load load{static_cast<std::uint32_t>(random() % 6),
                   static_cast<std::uint32_t>(random() % 3 + 1), ++choices};
    bool known = model.contains(slot);
    REQUIRE(heap.contains(slot) == known);
    if (known && random() % 3 == 0) {
      heap.erase(slot);
      model.erase(slot);
    } else {
      if (known)
        heap.update(slot, load);
      else
        heap.insert(slot, load);
      model[slot] = load;
    }
    REQUIRE(heap.size() == model.size());
    REQUIRE(heap.empty() == model.empty());
    if (model.empty())
      continue;
    auto least = std::ranges::min_element(
        model, [](const auto& a, const auto& b) { return a.second < b.second; });
    REQUIRE(heap.least() == least->first);
  }
}
