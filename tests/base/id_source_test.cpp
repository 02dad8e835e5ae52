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
  auto task = ids.next_task().str();
  CHECK((task.starts_with("task_") && task.size() == 31));
}

TEST_CASE("the first id of a moment lies between those made before and after it") {
  settable_clock clock;
  id_source ids{clock, test::seed()};
  auto of = [](auto at) {
    using namespace std::chrono;
    return task_id::first_of(
        static_cast<std::uint64_t>(duration_cast<milliseconds>(at.time_since_epoch()).count()));
  };
  for (int i = 0; i < 100; ++i) {
    auto before = ids.next_task();
    CHECK(of(clock.at) <= before);
    clock.at += std::chrono::milliseconds{1};
    CHECK(before < of(clock.at));
  }
}

TEST_CASE("task ids sort by the time they were made at, within a millisecond too") {
  settable_clock clock;
  id_source ids{clock, test::seed()};
  auto last = ids.next_task();
  for (int i = 0; i < 1000; ++i) {
    auto next = i % 3 == 0 ? ids.next_tasks(10) : ids.next_task();
    CHECK(next > last);
    CHECK(next.str() > last.str());
    last = i % 3 == 0 ? next.after(9) : next;
  }
  clock.at += std::chrono::milliseconds{1};
  CHECK(ids.next_task() > last);
  clock.at -= std::chrono::hours{1};
  auto earlier = ids.next_task();
  clock.at -= std::chrono::hours{1};
  CHECK(ids.next_task() > earlier);
}

TEST_CASE("a task id survives being written and read") {
  settable_clock clock;
  id_source ids{clock, test::seed()};
  for (int i = 0; i < 1000; ++i) {
    auto id = ids.next_task();
    CHECK(task_id::parse(id.str()) == id);
  }
  CHECK(task_id{0, 1}.str() == "task_00000000000000000000000001");
  CHECK(task_id::parse(task_id{~0ull, ~0ull}.str()) == task_id{~0ull, ~0ull});
  CHECK(task_id{1, ~0ull}.after(1) == task_id{2, 0});
}

TEST_CASE("what is no task id is not read as one") {
  for (std::string_view text :
       {"", "task_", "pool_12345678", "task_0000000000000000000000000",
        "task_000000000000000000000000001", "task_0000000000000000000000000u",
        "task_80000000000000000000000000", "TASK_00000000000000000000000000"})
    CHECK_FALSE(task_id::parse(text));
}

TEST_CASE("the same seed and the same clock give the same ids") {
  settable_clock clock;
  id_source a{clock, 5}, b{clock, 5}, c{clock, 6};
  auto task = a.next_task();
  CHECK(task == b.next_task());
  CHECK(task != c.next_task());
}
