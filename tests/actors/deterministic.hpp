// SPDX-License-Identifier: MIT
#pragma once

#include "actors/control.hpp"
#include "actors/feed.hpp"
#include "actors/pool_manager.hpp"
#include "actors/worker_catalog.hpp"
#include "actors/worker_manager.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"
#include "support/manual_runner.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <optional>

namespace mahavishnu::test {

/// A clock that stands still.
class still_clock final : public wall_clock {
public:
  std::chrono::system_clock::time_point now() const override {
    return std::chrono::system_clock::time_point{std::chrono::seconds{1'800'000'000}};
  }
};

/// An answer that may still come.
template <class Answer>
class pending {
public:
  explicit pending(caf::actor asker, std::shared_ptr<std::optional<result<Answer>>> place)
      : asker_(std::move(asker)), place_(std::move(place)) {}

  bool has_come() const { return place_->has_value(); }
  bool failed() const { return has_come() && (*place_)->has_error(); }
  Answer value() const {
    REQUIRE(has_come());
    INFO(((*place_)->has_error() ? (*place_)->error().message : std::string{}));
    REQUIRE((*place_)->has_value());
    return **(*place_);
  }
  error failure() const {
    REQUIRE(has_come());
    REQUIRE((*place_)->has_error());
    return (*place_)->error();
  }
  /// Who asked; ending it is what a command does that gets Ctrl-C.
  const caf::actor& asker() const { return asker_; }

private:
  caf::actor asker_;
  std::shared_ptr<std::optional<result<Answer>>> place_;
};

/// The actors of a server in one thread and in virtual time, over processes that end when the test
/// says so.
class deterministic {
public:
  deterministic() : config_(), system_(prepare(config_)) {}
  ~deterministic() {
    caf::anon_send_exit(control, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(feed, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(single_workers, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(catalog, caf::exit_reason::user_shutdown);
    for (const auto& [id, worker] : workers)
      caf::anon_send_exit(worker, caf::exit_reason::kill);
    control = nullptr;
    manager = nullptr;
    feed = nullptr;
    single_workers = nullptr;
    catalog = nullptr;
    run();
    workers.clear();
    // A process that still "runs" holds its worker.
    for (const auto& each : runner->started())
      runner->finish(each.handle, {});
    run();
  }

  deterministic(const deterministic&) = delete;
  deterministic& operator=(const deterministic&) = delete;

  /// Processes for shell workers, which are remembered in `workers`.
  worker_types types() {
    auto shell = shell_worker(runner);
    shell.make = [this, make = shell.make](caf::actor_system& system,
                                           const std::shared_ptr<const worker_options>& options,
                                           const worker_identity& who) {
      auto handle = make(system, options, who);
      workers.emplace_back(who.id, handle);
      return handle;
    };
    return {{"shell", shell}, {"noop", noop_worker()}};
  }

  pool_manager_options manager_options() {
    pool_manager_options options;
    options.types = types();
    options.clock = clock;
    options.seed = seed();
    return options;
  }

  void start(pool_manager_options options) {
    feed_options listening;
    listening.clock = clock;
    feed = spawn_feed(system_, listening);
    options.feed = {feed, listening.interest};
    worker_manager_options single;
    single.types = options.types;
    single.default_type = "shell";
    single.clock = clock;
    single.seed = seed();
    single.warn = [](std::string_view) {};
    single_workers = spawn_worker_manager(system_, single);
    catalog = spawn_worker_catalog(system_, options.types, runner);
    manager = spawn_pool_manager(system_, std::move(options));
    server_status identity;
    identity.pid = 4711;
    control = spawn_control(system_, {identity, [this] { ++shut_downs; }},
                            {manager, feed, single_workers, catalog});
    run();
  }

  /// Lets every actor do all it can do now.
  void run() { scheduler().run(); }

  void advance(caf::timespan time) {
    scheduler().advance_time(time);
    run();
  }

  template <class Answer, class Handle, class Question>
  pending<Answer> ask(const Handle& whom, Question question) {
    auto place = std::make_shared<std::optional<result<Answer>>>();
    auto asker = system_.spawn(
        [=](caf::event_based_actor* self, const Question& asked) {
          self->request(whom, caf::infinite, asked)
              .then([=](const Answer& x) { place->emplace(x); },
                    [=](const caf::error& x) { place->emplace(from_caf(x, "the test")); });
        },
        std::move(question));
    run();
    return pending<Answer>{asker, place};
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
    task_spec spec;
    spec.prompt = prompt;
    spec.cancel_with_requester = cancel_with_requester;
    return ask<task_result>(control, execute_on_pool{pool, spec});
  }

  pool_info info(const std::string& name) {
    for (const auto& each : ask<pool_list>(control, list_pools{}).value().pools)
      if (each.name == name)
        return each;
    FAIL("there is no pool '" << name << "'");
    return {};
  }

  /// Prompts of all processes started so far, in order.
  std::vector<std::string> prompts() {
    std::vector<std::string> all;
    for (const auto& each : runner->started())
      all.push_back(each.spec.argv.back());
    return all;
  }

  /// Ends the process that was started for that prompt.
  void finish(const std::string& prompt, exec::process_exit how = {}) {
    for (const auto& each : runner->started())
      if (each.spec.argv.back() == prompt) {
        runner->finish(each.handle, std::move(how));
        run();
        return;
      }
    FAIL("no process runs '" << prompt << "'");
  }

  bool was_stopped(const std::string& prompt) {
    auto stopped = runner->stopped();
    for (const auto& each : runner->started())
      if (each.spec.argv.back() == prompt)
        return std::ranges::find(stopped, each.handle) != stopped.end();
    return false;
  }

  std::shared_ptr<manual_runner> runner = std::make_shared<manual_runner>();
  std::vector<std::pair<worker_id, worker_actor>> workers; // all that were ever spawned
  std::shared_ptr<still_clock> clock = std::make_shared<still_clock>();
  pool_manager_actor manager;
  feed_actor feed;
  worker_manager_actor single_workers;
  worker_catalog_actor catalog;
  control_actor control;
  int shut_downs = 0;

private:
  static caf::actor_system_config& prepare(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    return config;
  }
  caf::scheduler::test_coordinator& scheduler() {
    return static_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  caf::actor_system_config config_;
  caf::actor_system system_;
};

/// Such a server with the usual options.
struct running_server : deterministic {
  running_server() { start(manager_options()); }
};

inline exec::process_exit exit_with(int code, std::string output = {}) {
  exec::process_exit how;
  how.exit_code = code;
  how.standard_output = std::move(output);
  return how;
}

} // namespace mahavishnu::test
