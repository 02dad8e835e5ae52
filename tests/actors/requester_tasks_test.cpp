// SPDX-License-Identifier: MIT
#include "actors/requester_tasks.hpp"
#include "support/catch.hpp"

#include <string>

using namespace mahavishnu;

TEST_CASE("a requester is watched from its first task to the end of its last") {
  requester_tasks<std::string> tasks;
  const task_id one{1, 1};
  const task_id two{1, 2};
  const task_id three{1, 3};
  CHECK(tasks.add("ann", two));
  CHECK_FALSE(tasks.add("ann", one));
  CHECK(tasks.add("bob", three));
  CHECK(tasks.of("ann") == std::vector{one, two});
  CHECK_FALSE(tasks.remove(two));
  CHECK(tasks.remove(one) == "ann");
  CHECK_FALSE(tasks.remove(one));
  CHECK(tasks.of("ann").empty());
  CHECK(tasks.of("bob") == std::vector{three});
  CHECK(tasks.add("ann", one)); // again
}
