// SPDX-License-Identifier: MIT
#include "actors/turn_order.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>

using namespace mahavishnu;

namespace {

const worker_id a{"a"};
const worker_id b{"b"};
const worker_id c{"c"};

task_id task(std::uint64_t number) {
  return {1, number};
}

std::vector<task_id> all_next(turn_order& turns) {
  std::vector<task_id> started;
  while (auto id = turns.next())
    started.push_back(*id);
  return started;
}

} // namespace

TEST_CASE("a worker has one turn at a time, in the order of arrival") {
  turn_order turns{10, 10};
  turns.add(task(1), a);
  turns.add(task(2), a);
  turns.add(task(3), b);
  CHECK(all_next(turns) == std::vector{task(1), task(3)});
  CHECK(turns.running_on(a) == task(1));
  CHECK(turns.waiting_for(a) == std::vector{task(2)});
  turns.remove(task(1), a);
  CHECK(all_next(turns) == std::vector{task(2)});
  CHECK(turns.waiting() == 0);
}

TEST_CASE("no more turns than allowed are taken, and the oldest free worker is next") {
  turn_order turns{2, 10};
  turns.add(task(1), a);
  turns.add(task(2), a);
  turns.add(task(3), b);
  turns.add(task(4), c);
  CHECK(all_next(turns) == std::vector{task(1), task(3)});
  turns.remove(task(3), b);
  CHECK(all_next(turns) == std::vector{task(4)});
  turns.remove(task(1), a);
  CHECK(all_next(turns) == std::vector{task(2)});
}

TEST_CASE("who would not have to wait needs no room in the queue") {
  turn_order turns{2, 1};
  turns.add(task(1), a);
  CHECK(turns.next());
  CHECK(turns.has_room(a));
  turns.add(task(2), a);
  CHECK(turns.full());
  CHECK_FALSE(turns.has_room(a));
  CHECK(turns.has_room(b));
  turns.add(task(3), b);
  CHECK(turns.next() == task(3));
  CHECK_FALSE(turns.has_room(c)); // two run
}

TEST_CASE("a turn that is given up while it waits lets the others move up") {
  turn_order turns{1, 10};
  turns.add(task(1), a);
  turns.add(task(2), a);
  turns.add(task(3), b);
  CHECK(turns.next() == task(1));
  turns.remove(task(2), a);
  CHECK(turns.running_on(a) == task(1));
  CHECK(turns.waiting() == 1);
  turns.remove(task(1), a);
  CHECK(turns.next() == task(3));
}

TEST_CASE("turns keep their promises whatever happens in whatever order") {
  std::mt19937 random{mahavishnu::test::seed()};
  auto pick = [&](std::size_t below) { return random() % below; };
  turn_order turns{3, 1000};
  std::map<task_id, worker_id> all;
  std::map<worker_id, task_id> running;
  std::map<worker_id, task_id> last_started;
  for (std::uint64_t step = 1; step <= 2000; ++step) {
    if (pick(2) == 0 || all.empty()) {
      worker_id worker{std::string(1, static_cast<char>('a' + pick(6)))};
      all.emplace(task(step), worker);
      turns.add(task(step), worker);
    } else {
      auto gone = std::next(all.begin(), static_cast<std::ptrdiff_t>(pick(all.size())));
      turns.remove(gone->first, gone->second);
      if (running.contains(gone->second) && running[gone->second] == gone->first)
        running.erase(gone->second);
      all.erase(gone);
    }
    while (auto next = turns.next()) {
      REQUIRE(all.contains(*next));
      const auto& worker = all[*next];
      REQUIRE(!running.contains(worker));
      REQUIRE(last_started[worker] < *next);
      last_started[worker] = *next;
      running.emplace(worker, *next);
    }
    REQUIRE(running.size() <= 3);
    REQUIRE(turns.running() == running.size());
    REQUIRE(turns.waiting() == all.size() - running.size());
    for (const auto& [id, worker] : all) // nobody waits who could run
      REQUIRE((running.size() == 3 || running.contains(worker)));
  }
}
