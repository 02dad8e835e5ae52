// SPDX-License-Identifier: MIT
#include "store/coalesce.hpp"
#include "store/support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a task that begins and ends within a span is written once") {
  auto task = task_number(1);
  std::vector<change> span{opened(task), moved(task), moved(task, 1, 2), ended(task)};
  auto writes = coalesce(span);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].opened == &std::get<task_opened>(span[0]));
  CHECK(writes[0].moved == nullptr);
  CHECK(writes[0].ended == &std::get<task_ended>(span[3]));
}

TEST_CASE("only the last move and the first end of a task count") {
  auto task = task_number(1);
  std::vector<change> moves{moved(task, 1), moved(task, 2), moved(task, 3)};
  auto last = coalesce(moves);
  REQUIRE(last.size() == 1);
  CHECK(last[0].moved == &std::get<task_moved>(moves[2]));

  std::vector<change> ends{ended(task, 4), moved(task, 1), ended(task, 5)};
  auto first = coalesce(ends);
  REQUIRE(first.size() == 1);
  CHECK(first[0].moved == nullptr);
  CHECK(first[0].ended == &std::get<task_ended>(ends[0]));
}

TEST_CASE("what is said of a task before it is opened stays apart") {
  auto task = task_number(1);
  std::vector<change> span{moved(task), opened(task), opened(task, "pool_2"), ended(task)};
  auto writes = coalesce(span);
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].opened == nullptr);
  CHECK(writes[0].moved == &std::get<task_moved>(span[0]));
  CHECK(writes[1].opened == &std::get<task_opened>(span[1]));
  CHECK(writes[1].ended == &std::get<task_ended>(span[3]));
}

TEST_CASE("tasks are written in the order in which they came") {
  std::vector<change> span{opened(task_number(2)), pool_opened{pool_id{"pool_1"}, ""},
                           opened(task_number(1)), ended(task_number(2)), ended(task_number(3))};
  auto writes = coalesce(span);
  REQUIRE(writes.size() == 3);
  CHECK(writes[0].task == task_number(2));
  CHECK(writes[1].task == task_number(1));
  CHECK(writes[2].task == task_number(3));
}
