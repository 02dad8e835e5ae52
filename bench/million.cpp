// SPDX-License-Identifier: MIT
/// A million idle workers, and a task for each of them.
#include "actors/pool_manager.hpp"
#include "floor.hpp"
#include "mahavishnu/messages/all.hpp"
#include "system.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <set>
#include <thread>
#include <unordered_set>

using namespace mahavishnu;
using namespace mahavishnu::bench;

namespace {

constexpr int pools_count = 100;

/// Seconds until they run, MB, seconds for a task on each, workers that had one, seconds to end.
std::vector<double> measure(const arguments& how, std::int32_t workers) {
  auto config = config_of(how, how.scheduler_or("sharing"));
  caf::actor_system system{config};
  // A batch would give the second task to a worker that is done with the first one, so we speak to
  // the pools themselves.
  std::vector<pool_actor> handles;
  pool_manager_options wish;
  wish.types.emplace("noop", noop_worker());
  wish.clock = std::make_shared<system_wall_clock>();
  wish.make_pool = [&handles](caf::actor_system& where, const pool_options& what,
                              const pool_listener_actor& listener) {
    return handles.emplace_back(spawn_pool_actor(where, what, listener));
  };
  auto before = resident_mb();
  auto start = bench::clock::now();
  auto manager = spawn_pool_manager(system, wish);
  pools_wish pools;
  pools.pools = pools_count;
  pools.workers = workers;
  start_pools(system, manager, pools);
  auto up = seconds_since(start);
  auto memory = resident_mb() - before;

  std::unordered_set<std::string> answered;
  answered.reserve(static_cast<std::size_t>(pools_count) * static_cast<std::size_t>(workers));
  caf::scoped_actor self{system};
  start = bench::clock::now();
  for (std::size_t i = 0; i < handles.size(); ++i) {
    execute_tasks tasks{task_id{i + 1, 0}, {}, {}};
    tasks.specs.assign(static_cast<std::size_t>(workers), shared_spec{fresh_task()});
    self->send(handles[i], std::move(tasks));
  }
  for (int i = 0; i < pools_count; ++i)
    self->receive([&](const task_results& answer) {
      for (const auto& each : answer.results)
        if (each.status == task_status::completed)
          answered.insert(each.pool.value + each.worker.value);
    });
  auto ran = seconds_since(start);
  start = bench::clock::now();
  handles.clear();
  self->request(manager, caf::infinite, close_all_pools{})
      .receive([](const pools_closed&) {}, [](const caf::error&) { std::abort(); });
  self->send_exit(manager, caf::exit_reason::user_shutdown);
  manager = nullptr;
  while (system.registry().running() > 1) // we are one
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return {up, memory, ran, static_cast<double>(answered.size()), seconds_since(start)};
}

/// Seconds and MB of as many actors that do nothing else.
std::vector<double> measure_floor(const arguments& how, std::int64_t actors) {
  auto config = config_of(how, how.scheduler_or("sharing"));
  caf::actor_system system{config};
  auto before = resident_mb();
  auto start = bench::clock::now();
  std::vector<floor::node_actor> all;
  all.reserve(static_cast<std::size_t>(actors));
  for (std::int64_t i = 0; i < actors; ++i)
    all.push_back(floor::spawn_worker(system, static_cast<std::uint32_t>(i)));
  auto up = seconds_since(start);
  auto memory = resident_mb() - before;
  start = bench::clock::now();
  all.clear();
  system.await_all_actors_done();
  return {up, memory, seconds_since(start)};
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  report results{"million", how};
  auto workers = static_cast<std::int32_t>(how.scaled(10'000));
  auto total = static_cast<std::int64_t>(workers) * pools_count;
  auto what = std::to_string(total) + " noop workers, ";
  auto& up = results.number(what + "until all run", "s").at_most(5);
  auto& memory = results.number(what + "memory", "MB").at_most(2500);
  auto& ran = results.number(what + "a task on each", "s");
  auto& answered = results.number(what + "workers that completed one", "workers")
                       .at_least(static_cast<double>(total));
  auto& down = results.number(what + "until all have ended", "s");
  for (std::size_t i = 0; i < how.runs; ++i) {
    if (how.floor)
      add_floor(in_child([&] { return measure_floor(how, total); }), up, memory, down);
    auto run = in_child([&] { return measure(how, workers); });
    add(run, up, memory, ran, answered, down);
    results.check(static_cast<std::int64_t>(run[3]) == total, "a worker did not complete its task");
  }
  return results.exit_code();
}
