// SPDX-License-Identifier: MIT
#include "actors/task_queue.hpp"
#include "mahavishnu/base/ids.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace mahavishnu;

namespace {

using queue_of_numbers = task_queue<int, int>;

template <class Queue>
auto drained(Queue& queue) {
  std::vector<typename decltype(queue.pop())::value_type> all;
  while (auto item = queue.pop())
    all.push_back(std::move(*item));
  return all;
}

std::vector<int> keys_of(const queue_of_numbers& queue) {
  std::vector<int> keys;
  queue.for_each([&](int key, int) { keys.push_back(key); });
  return keys;
}

} // namespace

TEST_CASE("an empty queue has nothing to give") {
  queue_of_numbers queue{2};
  CHECK(queue.empty());
  CHECK_FALSE(queue.full());
  CHECK(queue.size() == 0);
  CHECK(queue.limit() == 2);
  CHECK_FALSE(queue.pop());
  CHECK(queue.front() == nullptr);
  CHECK_FALSE(queue.remove(1));
  CHECK_FALSE(queue.contains(1));
  CHECK(keys_of(queue).empty());
}

TEST_CASE("a queue is full at its limit, and a limit of 0 is full at once") {
  queue_of_numbers queue{2};
  queue.push(1, 0, 1);
  CHECK_FALSE(queue.full());
  queue.push(2, 7, 2);
  CHECK(queue.full());
  queue.pop();
  CHECK_FALSE(queue.full());
  CHECK(queue_of_numbers{0}.full());
}

TEST_CASE("equals leave first in, first out") {
  queue_of_numbers queue{10};
  for (int i = 0; i < 5; ++i)
    queue.push(i, 3, i * 10);
  CHECK(*queue.front() == 0);
  CHECK(drained(queue) == std::vector{0, 10, 20, 30, 40});
  CHECK(queue.empty());
}

TEST_CASE("the higher priority leaves first, negative ones last") {
  queue_of_numbers queue{10};
  auto lowest = std::numeric_limits<std::int32_t>::min();
  auto highest = std::numeric_limits<std::int32_t>::max();
  int key = 0;
  for (auto priority : {0, lowest, 5, highest, -1, 5, 0}) {
    ++key;
    queue.push(key, priority, key);
  }
  CHECK(keys_of(queue) == std::vector{4, 3, 6, 1, 7, 5, 2});
  CHECK(*queue.front() == 4);
  CHECK(drained(queue) == std::vector{4, 3, 6, 1, 7, 5, 2});
}

TEST_CASE("a member can be taken out wherever it stands") {
  for (int taken = 0; taken < 6; ++taken) {
    queue_of_numbers queue{10};
    std::vector<int> expected;
    for (int i = 0; i < 6; ++i) {
      queue.push(i, i < 3 ? 1 : 0, i * 10);
      if (i != taken)
        expected.push_back(i * 10);
    }
    CHECK(queue.remove(taken) == taken * 10);
    CHECK_FALSE(queue.remove(taken));
    CHECK_FALSE(queue.contains(taken));
    CHECK(queue.size() == 5);
    CHECK(drained(queue) == expected);
  }
}

TEST_CASE("a key that has left may come again, with another priority") {
  queue_of_numbers queue{3};
  queue.push(1, 0, 1);
  queue.push(2, 0, 2);
  queue.remove(1);
  queue.push(1, 0, 3);
  CHECK(*queue.front() == 2);
  queue.remove(1);
  queue.push(1, 1, 4);
  CHECK(drained(queue) == std::vector{4, 2});
}

TEST_CASE("a queue keeps its members and their order when it moves") {
  queue_of_numbers first{10};
  for (int i = 0; i < 4; ++i)
    first.push(i, i % 2, i);
  queue_of_numbers second{std::move(first)};
  CHECK(keys_of(second) == std::vector{1, 3, 0, 2});
  queue_of_numbers third{1};
  third.push(9, 9, 9);
  third = std::move(second);
  CHECK(third.limit() == 10);
  CHECK(third.remove(3) == 3);
  third.push(3, 0, 3);
  CHECK(drained(third) == std::vector{1, 0, 2, 3});
}

TEST_CASE("a queue holds what can only be moved, under ids") {
  task_queue<task_id, std::unique_ptr<std::string>> queue{5};
  queue.push(task_id{1, 1}, 0, std::make_unique<std::string>("first"));
  queue.push(task_id{1, 2}, 1, std::make_unique<std::string>("urgent"));
  CHECK(**queue.front() == "urgent");
  CHECK(queue.contains(task_id{1, 1}));
  auto removed = queue.remove(task_id{1, 1});
  REQUIRE(removed);
  CHECK(**removed == "first");
  CHECK(**queue.pop() == "urgent");
}

TEST_CASE("what leaves the queue, or goes with it, is not held any longer") {
  auto item = std::make_shared<int>(1);
  {
    task_queue<int, std::shared_ptr<int>> queue{5};
    for (int i = 0; i < 4; ++i)
      queue.push(i, i, item);
    CHECK(item.use_count() == 5);
    queue.pop();
    queue.remove(1);
    CHECK(item.use_count() == 3);
  }
  CHECK(item.use_count() == 1);
}

TEST_CASE("a queue agrees with a simple model under random commands") {
  std::mt19937 random{test::seed()};
  struct model_member {
    int key;
    std::int32_t priority;
  };
  for (int priorities : {1, 2, 3, 1000}) {
    constexpr std::size_t limit = 60;
    queue_of_numbers queue{limit};
    std::vector<model_member> model; // in the order of leaving
    int next_key = 0;
    bool filling = true;
    for (int step = 0; step < 20000; ++step) {
      if (step % 500 == 0)
        filling = !filling; // so that it is often full and often empty
      auto action = random() % 10;
      if (action < (filling ? 6U : 3U)) {
        REQUIRE(queue.full() == (model.size() == limit));
        if (queue.full())
          continue;
        model_member fresh{++next_key, static_cast<std::int32_t>(random() % priorities) - 1};
        queue.push(fresh.key, fresh.priority, fresh.key * 2);
        auto behind = [&](const model_member& each) { return each.priority < fresh.priority; };
        model.insert(std::ranges::find_if(model, behind), fresh);
      } else if (action < 8) {
        auto item = queue.pop();
        REQUIRE(item.has_value() == !model.empty());
        if (item) {
          REQUIRE(*item == model.front().key * 2);
          model.erase(model.begin());
        }
      } else {
        auto key = model.empty() || random() % 8 == 0 ? -1 : model[random() % model.size()].key;
        auto at = std::ranges::find(model, key, &model_member::key);
        REQUIRE(queue.contains(key) == (at != model.end()));
        auto item = queue.remove(key);
        REQUIRE(item.has_value() == (at != model.end()));
        if (item) {
          REQUIRE(*item == key * 2);
          model.erase(at);
        }
      }
      REQUIRE(queue.size() == model.size());
      REQUIRE((queue.front() ? *queue.front() : -1) ==
              (model.empty() ? -1 : model.front().key * 2));
      if (step % 50 == 0) {
        std::vector<int> keys;
        for (const auto& each : model)
          keys.push_back(each.key);
        REQUIRE(keys_of(queue) == keys);
      }
    }
  }
}
