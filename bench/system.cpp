// SPDX-License-Identifier: MIT
#include "system.hpp"

#include "actors/ask.hpp"
#include "mahavishnu/config/load.hpp"
#include "mahavishnu/messages/all.hpp"
#include "must.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace mahavishnu::bench {

system_config config_of(const arguments& how, const std::string& scheduler) {
  system_options options;
  options.scheduler = scheduler;
  options.threads = how.threads;
  return system_config{options};
}

std::unique_ptr<core> start_core(const arguments& how, const std::string& scheduler,
                                 std::map<std::string, std::string> set,
                                 const std::filesystem::path& state_dir) {
  set.insert(how.set.begin(), how.set.end());
  set["actors.scheduler"] = scheduler;
  set["actors.threads"] = std::to_string(how.threads);
  config::sources from;
  from.settings_dir = "/nonexistent";
  for (const auto& [key, value] : set)
    from.flags.push_back({key, value, "--set"});
  auto loaded = config::load(from);
  for (const auto& each : loaded.problems)
    die(config::to_string(each));
  auto inside = core::start(*loaded.settings, {state_dir, {}, [] {}});
  if (!inside)
    die(inside.error().message);
  return std::move(*inside);
}

void start_pools(caf::actor_system& system, const pool_manager_actor& manager,
                 const pools_wish& wish) {
  caf::scoped_actor self{system};
  auto fail = [](const caf::error&) { die("the manager did not answer"); };
  for (int i = 0; i < wish.pools; ++i) {
    pool_config config;
    config.name = "pool-" + std::to_string(i);
    config.worker_type = wish.worker_type;
    config.min_workers = config.max_workers = wish.workers;
    config.worker_concurrency = wish.concurrency;
    config.queue_limit = wish.queue_limit;
    self->request(manager, caf::infinite, spawn_pool{config})
        .receive([](const pool_spawned&) {}, fail);
  }
  auto up = [&](const pool_info& pool) {
    return pool.status == pool_status::running && pool.workers == wish.workers;
  };
  for (bool all_up = false; !all_up; std::this_thread::sleep_for(std::chrono::milliseconds{1}))
    self->request(manager, caf::infinite, list_pools{})
        .receive(
            [&](const pool_list& now) {
              all_up = std::ssize(now.pools) == wish.pools && std::ranges::all_of(now.pools, up);
            },
            fail);
}

task_spec fresh_task() {
  task_spec task;
  task.prompt = std::string(100, 'p');
  task.metadata.emplace("tenant", "acme");
  task.metadata.emplace("request", "r-0123456789");
  return task;
}

execute_batch fresh_batch(std::size_t tasks) {
  execute_batch batch;
  batch.tasks.reserve(tasks);
  for (std::size_t i = 0; i < tasks; ++i)
    batch.tasks.emplace_back(fresh_task());
  return batch;
}

} // namespace mahavishnu::bench
