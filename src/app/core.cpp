// SPDX-License-Identifier: MIT
#include "app/core.hpp"

#include "actors/control.hpp"
#include "actors/pool_manager.hpp"
#include "base/log.hpp"
#include "exec/local_runner.hpp"
#include "mahavishnu/messages/all.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <random>

namespace mahavishnu {

namespace {

system_options system_options_of(const config::settings& settings) {
  system_options options;
  options.scheduler = settings.get<"actors.scheduler">();
  options.threads = static_cast<std::size_t>(settings.get<"actors.threads">());
  options.max_throughput = static_cast<std::size_t>(settings.get<"actors.max_throughput">());
  options.heartbeat = std::chrono::seconds{settings.get<"control.heartbeat_seconds">()};
  options.peer_timeout = std::chrono::seconds{settings.get<"control.peer_timeout_seconds">()};
  return options;
}

std::uint64_t fresh_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

pool_manager_options manager_options_of(const config::settings& settings,
                                        std::shared_ptr<exec::process_runner> runner) {
  pool_manager_options options;
  options.enabled = settings.get<"pools.enabled">();
  options.defaults.type = settings.get<"pools.default_type">();
  options.defaults.worker_type = settings.get<"workers.default_type">();
  options.defaults.min_workers = static_cast<std::int32_t>(settings.get<"pools.min_workers">());
  options.defaults.max_workers = static_cast<std::int32_t>(settings.get<"pools.max_workers">());
  options.defaults.queue_limit = static_cast<std::int32_t>(settings.get<"pools.queue_limit">());
  // The settings know the same names.
  options.selector =
      enum_from_string<pool_selector>(settings.get<"pools.routing_strategy">()).value();
  options.worker.default_timeout = std::chrono::seconds{settings.get<"workers.timeout_seconds">()};
  options.worker.grace = std::chrono::seconds{settings.get<"exec.grace_seconds">()};
  options.worker.output_limit = static_cast<std::size_t>(settings.get<"exec.output_limit_bytes">());
  options.make_worker = [runner = std::move(runner)](caf::actor_system& system,
                                                     const worker_options& worker) {
    return spawn_worker(system, worker, runner);
  };
  options.clock = std::make_shared<system_wall_clock>();
  options.seed = fresh_seed();
  return options;
}

} // namespace

result<std::unique_ptr<core>> core::start(const config::settings& settings, server_status identity,
                                          std::function<void()> on_shut_down) {
  auto runner = exec::local_runner::open();
  if (!runner)
    return runner.error();
  return std::unique_ptr<core>{
      new core{settings, std::move(*runner), std::move(identity), std::move(on_shut_down)}};
}

core::core(const config::settings& settings, std::shared_ptr<exec::process_runner> runner,
           server_status identity, std::function<void()> on_shut_down)
    : config_(system_options_of(settings)),
      system_(config_),
      runner_(std::move(runner)),
      close_limit_(std::chrono::seconds{settings.get<"exec.grace_seconds">()} +
                   std::chrono::seconds{settings.get<"actors.shutdown_timeout_seconds">()}),
      manager_(spawn_pool_manager(system_, manager_options_of(settings, runner_))),
      control_(spawn_control(system_, {std::move(identity), std::move(on_shut_down)}, manager_)) {}

void core::close_pools() {
  caf::scoped_actor self{system_};
  self->request(manager_, close_limit_, close_all_pools{})
      .receive([](const pools_closed&) {},
               [](const caf::error&) {
                 log::error("core", "the pools did not close in time; ending their processes");
               });
}

core::~core() {
  close_pools();
  caf::anon_send_exit(control_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(manager_, caf::exit_reason::user_shutdown);
  control_ = nullptr;
  manager_ = nullptr;
  system_.registry().await_running_count_equal(0);
  runner_.reset();
}

} // namespace mahavishnu
