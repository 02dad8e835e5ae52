// SPDX-License-Identifier: MIT
#include "base/id_source.hpp"
#include "support/catch.hpp"

#include <set>

using namespace mahavishnu;

namespace {

struct settable_clock final : wall_clock {
  std::chrono::system_clock::time_point at{std::chrono::seconds{1'800'000'000}};
  std::chrono::system_clock::time_point now() const override { return at; }
};

} // namespace

TEST_CASE("ids say what they are of and have a fixed length") {
  settable_clock clock;
  id_source ids{clock, 1};
  auto pool = ids.next_pool().value;
  CHECK((pool.starts_with("pool_") && pool.size() == 13));
  auto worker = ids.next_worker().value;
  CHECK((worker.starts_with("worker_") && worker.size() == 15));
  auto task = ids.next_task().value;
  CHECK((task.starts_with("task_") && task.size() == 31));
}

TEST_CASE("task ids sort by the time they were made at, and differ within a millisecond") {
  settable_clock clock;
  id_source ids{clock, test::seed()};
  std::set<task_id> seen;
  for (int i = 0; i < 1000; ++i)
    CHECK(seen.insert(ids.next_task()).second);
  auto last = *seen.rbegin();
  clock.at += std::chrono::milliseconds{1};
  CHECK(ids.next_task() > last);
}

TEST_CASE("the same seed and the same clock give the same ids") {
  settable_clock clock;
  id_source a{clock, 5}, b{clock, 5}, c{clock, 6};
  auto task = a.next_task();
  CHECK(task == b.next_task());
  CHECK(task != c.next_task());
}
