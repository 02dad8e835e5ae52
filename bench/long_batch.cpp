// SPDX-License-Identifier: MIT
/// A batch that is much longer than what pools take at a time: every result comes, in its place,
/// and the batch stays within its bounds.
#include "actors/pool_manager.hpp"
#include "mahavishnu/messages/all.hpp"
#include "report.hpp"
#include "system.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

constexpr std::int32_t in_flight_limit = 1000;
constexpr int pools_count = 10;

/// Completes each task at once, and says as its output what its prompt was.
worker_type echo_worker() {
  worker_type type;
  type.make = [](caf::actor_system& system, const std::shared_ptr<const worker_options>&,
                 const worker_identity& who) {
    return system.spawn([number = who.number]() -> worker_actor::behavior_type {
      return {
          [number](const run_tasks& x) {
            tasks_ended answer;
            answer.worker = number;
            for (const auto& each : x.runs) {
              auto& end = answer.ends.emplace_back();
              end.task = each.task;
              end.attempt = each.attempt;
              end.status = task_status::completed;
              end.output = each.spec->prompt;
            }
            return answer;
          },
          [](const stop_run&) {},
          [](const measure_worker&) { return worker_usage{}; },
      };
    });
  };
  return type;
}

/// Tasks that are in pools now, and the most there were.
struct counter {
  std::atomic<std::int64_t> now = 0;
  std::atomic<std::int64_t> most = 0;

  void add(std::int64_t n) {
    auto there = now += n;
    for (auto seen = most.load(); there > seen && !most.compare_exchange_weak(seen, there);) {
    }
  }
};

/// Stands before a pool and counts what goes in and comes out.
pool_actor counting(caf::actor_system& system, const pool_actor& pool,
                    const std::shared_ptr<counter>& count) {
  auto guard = system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    self->link_to(pool);
    return {
        [=](const execute_tasks& x) {
          auto size = static_cast<std::int64_t>(x.specs.size());
          auto promise = self->make_response_promise<task_results>();
          count->add(size);
          self->request(pool, caf::infinite, x)
              .then(
                  [=](const task_results& answer) mutable {
                    count->add(-size);
                    promise.deliver(answer);
                  },
                  [=](const caf::error& failure) mutable { promise.deliver(failure); });
          return promise;
        },
        [=](const close_pool& x) { return self->delegate(pool, x); },
        [=](const notice& x) { self->send(pool, x); },
    };
  });
  return caf::actor_cast<pool_actor>(caf::actor_cast<caf::strong_actor_ptr>(guard));
}

/// Seconds, results that are as they must be, most tasks in pools, and MB: by how much the process
/// grew while the batch ran, and what the results alone take.
std::vector<double> measure(const arguments& how, std::int64_t tasks) {
  execute_batch batch;
  for (std::int64_t i = 0; i < tasks; ++i) {
    task_spec task;
    task.prompt = "task " + std::to_string(i);
    batch.tasks.emplace_back(std::move(task));
  }
  auto before = resident_mb();
  auto count = std::make_shared<counter>();
  batch_result answer;
  double seconds = 0;
  {
    auto config = config_of(how, how.scheduler_or("sharing"));
    caf::actor_system system{config};
    pool_manager_options wish;
    wish.types.emplace("echo", echo_worker());
    wish.batch_in_flight = in_flight_limit;
    wish.delegation = false; // what stands before the pools does not know of it
    wish.clock = std::make_shared<system_wall_clock>();
    wish.make_pool = [count](caf::actor_system& where, const pool_options& what,
                             const pool_listener_actor& listener) {
      return counting(where, spawn_pool_actor(where, what, listener), count);
    };
    auto manager = spawn_pool_manager(system, wish);
    caf::scoped_actor self{system};
    auto fail = [](const caf::error&) { std::abort(); };
    for (int i = 0; i < pools_count; ++i) {
      pool_config pool;
      pool.name = "pool-" + std::to_string(i);
      pool.worker_type = "echo";
      pool.min_workers = pool.max_workers = 10;
      pool.queue_limit = 1000;
      self->request(manager, caf::infinite, spawn_pool{pool})
          .receive([](const pool_spawned&) {}, fail);
    }
    auto start = bench::clock::now();
    self->request(manager, caf::infinite, std::move(batch))
        .receive([&](batch_result& x) { answer = std::move(x); }, fail);
    seconds = seconds_since(start);
    self->request(manager, caf::infinite, close_all_pools{})
        .receive([](const pools_closed&) {}, fail);
    self->send_exit(manager, caf::exit_reason::user_shutdown);
  }
  auto peak = peak_resident_mb();
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < std::ssize(answer.results); ++i) {
    const auto& each = answer.results[static_cast<std::size_t>(i)];
    good += each.status == task_status::completed && !each.task.empty() &&
            each.output.str() == "task " + std::to_string(i);
  }
  auto of_results = static_cast<double>(answer.results.capacity() * sizeof(task_result)) / 1e6;
  return {seconds, static_cast<double>(good), static_cast<double>(count->most.load()),
          peak - before, of_results};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"long_batch", how};
  auto tasks = how.scaled(100'000);
  auto what = "batch of " + std::to_string(tasks) + ", ";
  auto& time = results.number(what + "until all have ended", "s");
  auto& good = results.number(what + "results in their places", "results")
                   .at_least(static_cast<double>(tasks));
  auto& most = results.number(what + "most tasks in pools", "tasks").at_most(in_flight_limit);
  auto& memory = results.number(what + "memory on top of the tasks", "MB");
  auto& output = results.number(what + "of that, results", "MB");
  for (std::size_t i = 0; i < how.runs; ++i) {
    auto run = in_child([&] { return measure(how, tasks); });
    add(run, time, good, most, memory, output);
    results.check(static_cast<std::int64_t>(run[1]) == tasks, "a result is missing or misplaced");
    results.check(run[2] <= in_flight_limit, "too many tasks were in pools");
  }
  return results.exit_code();
}
