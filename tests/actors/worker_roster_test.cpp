// SPDX-License-Identifier: MIT
#include "actors/worker_roster.hpp"
#include "support/catch.hpp"

#include <set>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

/// A roster, the workers that it has, and a clock.
struct crew final : worker_effects {
  explicit crew(std::int32_t least, std::int32_t most, bool auto_scale = false) {
    config.min_workers = least;
    config.max_workers = most;
    config.auto_scale = auto_scale;
    config.worker_concurrency = 2;
    config.idle_limit = 60s;
    config.restart_limit = 3;
    config.restart_window = 10s;
    roster.emplace(config, *this);
    roster->start(now);
  }

  void add_worker(std::uint32_t worker) override { CHECK(workers.insert(worker).second); }
  void drop_worker(std::uint32_t worker) override { CHECK(workers.erase(worker) == 1); }
  void kill_worker(std::uint32_t worker) override { CHECK(workers.erase(worker) == 1); }

  pool_task& give(pool_worker& to) {
    auto& task = tasks.emplace_back(now, task_status::queued, shared_text{});
    roster->assign(to, task);
    return task;
  }
  void end(pool_task& task) {
    auto& worker = *roster->find(task.worker);
    roster->take(worker, task);
    roster->has_less_to_do(worker, now);
  }
  void die(std::uint32_t number) {
    workers.erase(number);
    roster->remove(*roster->find(number));
    roster->replace(now);
  }
  void pass(std::chrono::seconds time) {
    auto end = now + time;
    while (roster->next_wake() <= end) {
      now = std::max(now, roster->next_wake());
      roster->wake(now);
    }
    now = end;
  }

  pool_config config;
  moment now{1h};
  std::set<std::uint32_t> workers;
  std::deque<pool_task> tasks;
  std::optional<worker_roster> roster;
};

} // namespace

TEST_CASE("a worker is free as long as it has room, and the one that was busy last comes first") {
  crew c{2, 2};
  auto* first = c.roster->first_free();
  auto& one = c.give(*first);
  CHECK(c.roster->first_free() == first); // room for two
  auto& two = c.give(*first);
  auto* second = c.roster->first_free();
  REQUIRE(second);
  CHECK(second != first);
  auto& three = c.give(*second);
  auto& four = c.give(*second);
  CHECK_FALSE(c.roster->first_free());
  CHECK(c.roster->busy() == 2);
  CHECK(c.roster->running() == 4);
  c.end(two);
  CHECK(c.roster->first_free() == first);
  c.end(three);
  CHECK(c.roster->first_free() == second);
  c.end(one);
  c.end(four);
  CHECK(c.roster->busy() == 0);
  CHECK(c.workers.size() == 2);
}

TEST_CASE("workers that were added by hand go again when they have idled for long enough") {
  crew c{1, 4, true};
  c.roster->scale(4, c.now);
  CHECK(c.workers.size() == 4);
  c.pass(59s);
  CHECK(c.workers.size() == 4);
  c.pass(2s);
  CHECK(c.workers.size() == 1);
  CHECK(c.roster->target() == 1);
}

TEST_CASE("a busy worker never goes for idling, and a full one that stays is not free") {
  crew c{1, 2, true};
  c.roster->grow(1, c.now);
  std::vector<pool_task*> given;
  while (auto* free = c.roster->first_free())
    given.push_back(&c.give(*free));
  REQUIRE(given.size() == 4);
  c.pass(200s);
  CHECK(c.workers.size() == 2);
  c.roster->scale(1, c.now); // one is to go, and is busy
  CHECK(c.workers.size() == 2);
  c.roster->scale(2, c.now); // it stays, and is full
  CHECK_FALSE(c.roster->first_free());
  for (auto* each : given)
    c.end(*each);
  c.pass(200s);
  CHECK(c.workers.size() == 1);
}

TEST_CASE("the first one that is done goes in the place of one that is to go") {
  crew c{1, 3};
  c.roster->scale(3, c.now);
  std::vector<pool_task*> given;
  while (auto* free = c.roster->first_free())
    given.push_back(&c.give(*free));
  c.roster->scale(2, c.now);
  CHECK(c.roster->staying() == 2);
  CHECK(c.roster->count() == 3);
  auto worker = given.front()->worker;
  for (auto* each : given)
    if (each->worker == worker)
      c.end(*each);
  CHECK(c.workers.size() == 2);
  CHECK_FALSE(c.workers.contains(worker));
  CHECK(c.roster->staying() == 2);
}

TEST_CASE("dead workers are replaced up to the limit, and again when it allows") {
  crew c{2, 2};
  for (int i = 0; i < 3; ++i)
    c.die(*c.workers.begin());
  CHECK(c.workers.size() == 2);
  CHECK(c.roster->degraded().empty());
  c.die(*c.workers.begin());
  CHECK(c.workers.size() == 1);
  CHECK_THAT(c.roster->degraded(), ContainsSubstring("more than 3 times within 10 s"));
  CHECK(c.roster->room_to_grow() == 0);
  c.pass(11s);
  CHECK(c.workers.size() == 2);
  CHECK(c.roster->degraded().empty());
  CHECK(c.roster->restarted() == 4);
}
