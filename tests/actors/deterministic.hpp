// SPDX-License-Identifier: MIT
#pragma once

#include "actors/control.hpp"
#include "actors/feed.hpp"
#include "actors/outputs.hpp"
#include "actors/pool_manager.hpp"
#include "actors/worker_catalog.hpp"
#include "actors/worker_manager.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/tasks.hpp"
#include "virtual_processes.hpp"

#include <string>

namespace mahavishnu::test {

/// The actors of a server in one thread and in virtual time, over processes that end when the test
/// says so.
class deterministic : public virtual_processes {
public:
  ~deterministic() {
    caf::anon_send_exit(control, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(feed, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(single_workers, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(catalog, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(outputs, caf::exit_reason::user_shutdown);
    for (const auto& [id, worker] : workers)
      caf::anon_send_exit(worker, caf::exit_reason::kill);
    control = nullptr;
    manager = nullptr;
    feed = nullptr;
    single_workers = nullptr;
    catalog = nullptr;
    outputs = nullptr;
    outputs_how.manager = nullptr;
    run();
    end_processes();
  }

  pool_manager_options manager_options() {
    pool_manager_options options;
    options.types = {{"shell", shell_workers()}, {"noop", noop_worker()}};
    options.worker.runner = runner;
    options.clock = clock;
    options.seed = seed();
    return options;
  }

  void start(pool_manager_options options) {
    feed_options listening;
    listening.clock = clock;
    feed = spawn_feed(system(), listening);
    options.feed = {feed, listening.interest};
    worker_manager_options single;
    single.types = options.types;
    single.worker.runner = runner;
    single.default_type = "shell";
    single.clock = clock;
    single.seed = seed();
    single.warn = [](std::string_view) {};
    single_workers = spawn_worker_manager(system(), single);
    catalog = spawn_worker_catalog(system(), options.types, runner);
    manager = spawn_pool_manager(system(), std::move(options));
    outputs_how.manager = manager;
    outputs_how.clock = clock;
    outputs = spawn_outputs(system(), outputs_how, false);
    server_status identity;
    identity.pid = 4711;
    control = spawn_control(system(), {identity, [this] { ++shut_downs; }},
                            {manager, feed, single_workers, catalog, {}, {}, outputs});
    run();
  }

  pool_spawned spawn(const std::string& name, int workers_wanted = 1, int queue_limit = 0) {
    pool_config wish;
    wish.name = name;
    wish.min_workers = workers_wanted;
    wish.queue_limit = queue_limit;
    return ask<pool_spawned>(control, spawn_pool{wish}).value();
  }

  pending<task_result> execute(const std::string& pool, const std::string& prompt,
                               bool cancel_with_requester = false) {
    auto spec = task_of(prompt);
    spec.cancel_with_requester = cancel_with_requester;
    return ask<task_result>(control, execute_on_pool{pool, spec});
  }

  pending<task_result> route(const std::string& prompt, const std::string& selector = {},
                             const std::string& affinity = {}) {
    return ask<task_result>(control, route_task{task_of(prompt), selector, affinity});
  }

  pool_info info(const std::string& name) {
    for (const auto& each : ask<pool_list>(control, list_pools{}).value().pools)
      if (each.name == name)
        return each;
    FAIL("there is no pool '" << name << "'");
    return {};
  }

  pool_manager_actor manager;
  feed_actor feed;
  worker_manager_actor single_workers;
  worker_catalog_actor catalog;
  outputs_actor outputs;
  /// As it is to be started.
  outputs_options outputs_how{};
  control_actor control;
  int shut_downs = 0;
};

/// Such a server with the usual options.
struct running_server : deterministic {
  running_server() { start(manager_options()); }
};

} // namespace mahavishnu::test
