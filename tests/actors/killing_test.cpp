// SPDX-License-Identifier: MIT
#include "actors/pool_manager.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace mahavishnu::test {
struct one_step_more {};
} // namespace mahavishnu::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::test::one_step_more)

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

using slow_worker_actor = worker_actor::extend<caf::reacts_to<one_step_more>>;

struct slow_state {
  caf::typed_response_promise<tasks_ended> promise;
  tasks_ended answer;
  int steps = 0;
};

/// Takes some turns of the scheduler for each task, so that it can be killed in the middle.
slow_worker_actor::behavior_type slow(slow_worker_actor::stateful_pointer<slow_state> self,
                                      std::uint32_t number) {
  auto& state = self->state;
  return {
      [&state, self, number](const run_tasks& x) -> caf::result<tasks_ended> {
        state.promise = self->make_response_promise<tasks_ended>();
        state.answer = {number, {}};
        for (const auto& each : x.runs) {
          auto& end = state.answer.ends.emplace_back();
          end.task = each.task;
          end.attempt = each.attempt;
          end.status = task_status::completed;
        }
        state.steps = 5;
        self->send(self, one_step_more{});
        return state.promise;
      },
      [](const stop_run&) {},
      [](const measure_worker&) { return worker_usage{}; },
      [&state, self](const one_step_more&) {
        if (--state.steps > 0)
          self->send(self, one_step_more{});
        else
          state.promise.deliver(std::move(state.answer));
      },
  };
}

/// Workers that are alive, for somebody to kill.
class population {
public:
  worker_type type() {
    worker_type made;
    made.make = [this](caf::actor_system& system, const std::shared_ptr<const worker_options>&,
                       const worker_identity& who) -> worker_actor {
      auto worker = system.spawn(slow, who.number);
      std::lock_guard guard{mutex_};
      alive_.push_back(caf::actor_cast<caf::actor_addr>(worker));
      return worker;
    };
    return made;
  }

  void kill_one(std::mt19937& random) {
    std::lock_guard guard{mutex_};
    if (alive_.empty())
      return;
    std::swap(alive_[random() % alive_.size()], alive_.back());
    if (auto victim = caf::actor_cast<caf::strong_actor_ptr>(alive_.back()))
      caf::anon_send_exit(victim, caf::exit_reason::kill);
    alive_.pop_back();
  }

private:
  std::mutex mutex_;
  std::vector<caf::actor_addr> alive_;
};

/// What came of all the tasks.
struct tally {
  std::mutex mutex;
  std::condition_variable more;
  std::map<task_id, int> ends;
  int answers = 0;
  int completed = 0;
  int lost = 0;
  int errors = 0;

  void add(const task_result& end) {
    std::lock_guard guard{mutex};
    ++answers;
    ++ends[end.task];
    completed += end.status == task_status::completed;
    lost += end.status == task_status::lost;
    more.notify_all();
  }
  void add_error() {
    std::lock_guard guard{mutex};
    ++answers;
    ++errors;
    more.notify_all();
  }
};

} // namespace

TEST_CASE("ten thousand tasks on ten pools whose workers are killed all the time end once each") {
  constexpr int tasks = 10'000;
  constexpr int pools = 10;
  std::mt19937 random{test::seed()};
  population workers;
  tally all;
  caf::actor_system_config config;
  register_messages(config);
  caf::actor_system system{config};
  {
    pool_manager_options options;
    options.types = {{"slow", workers.type()}};
    options.clock = std::make_shared<system_wall_clock>();
    options.seed = test::seed();
    auto manager = spawn_pool_manager(system, std::move(options));
    auto with_retries = static_cast<int>(random() % pools);
    auto requester = [&](caf::event_based_actor* self, const pool_manager_actor& whom) {
      for (int i = 0; i < pools; ++i) {
        pool_config wish;
        wish.name = "p" + std::to_string(i);
        wish.worker_type = "slow";
        wish.min_workers = 4;
        wish.restart_limit = 100'000;
        wish.queue_limit = tasks;
        if (i == with_retries) {
          wish.retry.max_attempts = 5;
          wish.retry.delay = std::chrono::milliseconds{1};
        }
        self->request(whom, caf::infinite, spawn_pool{wish})
            .then([](const pool_spawned&) {}, [&](const caf::error&) { all.add_error(); });
      }
      constexpr const char* selectors[] = {"round_robin", "least_loaded", "random"};
      for (int i = 0; i < tasks; ++i) {
        task_spec task;
        task.prompt = "x";
        self->request(whom, caf::infinite, route_task{task, selectors[i % 3], {}})
            .then([&](const task_result& end) { all.add(end); },
                  [&](const caf::error&) { all.add_error(); });
      }
    };
    system.spawn(requester, manager);
    std::unique_lock lock{all.mutex};
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{100};
    while (all.answers < tasks && std::chrono::steady_clock::now() < end) {
      lock.unlock();
      for (int i = 0; i < 3; ++i)
        workers.kill_one(random);
      lock.lock();
      all.more.wait_for(lock, std::chrono::milliseconds{1});
    }
    CHECK(all.answers == tasks);
    CHECK(all.errors == 0);
    CHECK(all.ends.size() == tasks);
    for (const auto& [task, count] : all.ends)
      if (count != 1)
        FAIL("a task ended " << count << " times");
    CHECK(all.completed + all.lost == tasks);
    CHECK(all.completed > 0);
    CHECK(all.lost > 0);
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  }
}
