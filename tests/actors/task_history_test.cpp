// SPDX-License-Identifier: MIT
#include "actors/task_history.hpp"
#include "support/catch.hpp"

#include <deque>
#include <random>

using namespace mahavishnu;

namespace {

ended_task ended(std::uint64_t number, std::string output = {}) {
  ended_task task{.id = task_id{1, number}, .machine = task_machine{moment{}}};
  task.output = shared_text{std::move(output)};
  return task;
}

std::vector<task_id> ids_in(const task_history& history) {
  std::vector<task_id> ids;
  history.for_each([&](const ended_task& each) { ids.push_back(each.id); });
  return ids;
}

} // namespace

TEST_CASE("the tasks that ended last are remembered, the oldest first") {
  task_history history{3, 1000};
  for (std::uint64_t i = 1; i <= 5; ++i)
    history.add(ended(i));
  CHECK(ids_in(history) == std::vector{task_id{1, 3}, task_id{1, 4}, task_id{1, 5}});
  CHECK_FALSE(history.find(task_id{1, 2}));
  REQUIRE(history.find(task_id{1, 4}));
  CHECK(history.find(task_id{1, 4})->id == task_id{1, 4});
}

TEST_CASE("much output makes room for itself, and the last task stays in any case") {
  task_history history{10, 1000};
  history.add(ended(1, std::string(600, 'a')));
  history.add(ended(2, std::string(300, 'b')));
  history.add(ended(3, std::string(200, 'c')));
  CHECK(ids_in(history) == std::vector{task_id{1, 2}, task_id{1, 3}});
  history.add(ended(4, std::string(5000, 'd')));
  CHECK(ids_in(history) == std::vector{task_id{1, 4}});
}

TEST_CASE("a task that ended a second time is found as it ended last") {
  task_history history{3, 1000};
  history.add(ended(1, "first"));
  history.add(ended(2));
  history.add(ended(1, "second"));
  CHECK(history.find(task_id{1, 1})->output.str() == "second");
  history.add(ended(3)); // the first one goes
  CHECK(history.find(task_id{1, 1})->output.str() == "second");
}

TEST_CASE("a history agrees with a list, whatever ends") {
  std::mt19937 random{test::seed()};
  task_history history{50, 2000};
  std::deque<std::pair<std::uint64_t, std::size_t>> list;
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    auto size = random() % 4 == 0 ? random() % 900 : random() % 30;
    history.add(ended(i, std::string(size, 'x')));
    list.emplace_back(i, size);
    auto bytes = [&] {
      std::size_t sum = 0;
      for (const auto& each : list)
        sum += each.second;
      return sum;
    };
    while (list.size() > 50 || (list.size() > 1 && bytes() > 2000))
      list.pop_front();
    REQUIRE(history.size() == list.size());
    auto some = 1 + random() % i;
    REQUIRE((history.find(task_id{1, some}) != nullptr) == (some >= list.front().first));
  }
}
