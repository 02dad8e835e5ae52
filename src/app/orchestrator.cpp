// SPDX-License-Identifier: MIT
#include "mahavishnu/app/orchestrator.hpp"

#include "actors/ask.hpp"
#include "app/core.hpp"
#include "base/state_dir.hpp"

#include <unistd.h>

#include <atomic>
#include <optional>

namespace mahavishnu {

struct orchestrator::parts {
  std::optional<server_lock> state;
  std::unique_ptr<core> inside;
};

namespace {

/// Waits as long as a task may take; the actors bound every request themselves.
constexpr std::chrono::hours limit{24 * 40};

/// How long a listener asks to be kept waiting.
constexpr std::chrono::seconds listen_wait{30};

server_status identity_of(const config::settings& settings) {
  server_status identity;
  identity.server_name = settings.get<"server_name">();
  identity.pid = ::getpid();
  identity.version = version();
  return identity;
}

} // namespace

result<std::unique_ptr<orchestrator>> orchestrator::start(const config::settings& settings) {
  auto made = std::make_unique<parts>();
  core_surroundings around;
  around.identity = identity_of(settings);
  around.on_shut_down = [] {};
  if (const auto& wanted = settings.get<"state_dir">(); !wanted.empty()) {
    auto directory = state_dir::locate(wanted, {});
    if (!directory)
      return directory.error();
    if (auto good = state_dir::prepare(*directory); !good)
      return good.error();
    auto lock = server_lock::take(*directory);
    if (!lock)
      return lock.error();
    made->state = std::move(*lock);
    around.state_dir = *directory;
    around.identity.state_dir = directory->string();
  }
  auto inside = core::start(settings, std::move(around));
  if (!inside)
    return inside.error();
  made->inside = std::move(*inside);
  return std::unique_ptr<orchestrator>{new orchestrator{std::move(made)}};
}

orchestrator::orchestrator(std::unique_ptr<parts> inside) : inside_(std::move(inside)) {}

orchestrator::~orchestrator() = default;

template <class Answer, class Question>
answer<Answer> orchestrator::ask(const Question& question) {
  auto [fresh, set] = answer<Answer>::make();
  mahavishnu::ask<Answer, Question>(system(), control(), question, limit, std::move(set));
  return std::move(fresh);
}

// -- pools ---------------------------------------------------------------------------------------

answer<pool_spawned> orchestrator::spawn_pool(const pool_config& config) {
  return ask<pool_spawned>(mahavishnu::spawn_pool{config});
}

answer<pool_list> orchestrator::list_pools() {
  return ask<pool_list>(mahavishnu::list_pools{});
}

answer<pool_description> orchestrator::describe_pool(const std::string& pool) {
  return ask<pool_description>(mahavishnu::describe_pool{pool});
}

answer<pool_scaled> orchestrator::scale_pool(const std::string& pool, std::int32_t target_workers) {
  return ask<pool_scaled>(mahavishnu::scale_pool{pool, target_workers});
}

answer<pool_drained> orchestrator::drain_pool(const std::string& pool) {
  return ask<pool_drained>(mahavishnu::drain_pool{pool});
}

answer<pool_resumed> orchestrator::resume_pool(const std::string& pool) {
  return ask<pool_resumed>(mahavishnu::resume_pool{pool});
}

answer<pool_closed> orchestrator::close_pool(const std::string& pool) {
  return ask<pool_closed>(mahavishnu::close_pool{pool});
}

answer<pools_closed> orchestrator::close_all_pools() {
  return ask<pools_closed>(mahavishnu::close_all_pools{});
}

answer<pools_health> orchestrator::health() {
  return ask<pools_health>(get_health{});
}

answer<aggregated_results> orchestrator::aggregate_results(const std::vector<std::string>& pools) {
  return ask<aggregated_results>(mahavishnu::aggregate_results{pools});
}

// -- tasks ---------------------------------------------------------------------------------------

answer<task_result> orchestrator::execute(const std::string& pool, const task_spec& task) {
  return ask<task_result>(execute_on_pool{pool, task});
}

answer<task_result> orchestrator::route(const task_spec& task, const std::string& selector,
                                        const std::string& affinity) {
  return ask<task_result>(route_task{task, selector, affinity});
}

answer<task_accepted> orchestrator::submit(const submit_task& task) {
  return ask<task_accepted>(task);
}

answer<task_accepted> orchestrator::retry(const task_id& task) {
  return ask<task_accepted>(retry_task{task});
}

answer<task_result> orchestrator::wait(const task_id& task) {
  return ask<task_result>(wait_task{task});
}

answer<task_cancelled> orchestrator::cancel(const task_id& task) {
  return ask<task_cancelled>(cancel_task{task});
}

answer<task_info> orchestrator::describe_task(const task_id& task) {
  return ask<task_info>(mahavishnu::describe_task{task});
}

answer<task_list> orchestrator::list_tasks(const mahavishnu::list_tasks& wish) {
  return ask<task_list>(wish);
}

answer<batch_result> orchestrator::execute_batch(const mahavishnu::execute_batch& batch) {
  return ask<batch_result>(batch);
}

answer<batch_started> orchestrator::start_batch(const mahavishnu::execute_batch& batch) {
  return ask<batch_started>(mahavishnu::start_batch{batch});
}

answer<batch_news> orchestrator::follow_batch(const mahavishnu::follow_batch& wish) {
  return ask<batch_news>(wish);
}

answer<batch_news> orchestrator::cancel_batch(const batch_id& batch) {
  return ask<batch_news>(mahavishnu::cancel_batch{batch});
}

// -- notices -------------------------------------------------------------------------------------

answer<subscribed> orchestrator::subscribe(const mahavishnu::subscribe& wish) {
  return ask<subscribed>(wish);
}

answer<notices> orchestrator::receive(const receive_notices& wish) {
  return ask<notices>(wish);
}

answer<unsubscribed> orchestrator::unsubscribe(std::uint64_t subscription) {
  return ask<unsubscribed>(mahavishnu::unsubscribe{subscription});
}

answer<published> orchestrator::publish(const notice& what) {
  return ask<published>(mahavishnu::publish{what});
}

answer<feed_stats> orchestrator::get_feed_stats() {
  return ask<feed_stats>(mahavishnu::get_feed_stats{});
}

/// Asks again and again, each time from the answer to the last question.
struct listener::loop : std::enable_shared_from_this<loop> {
  caf::actor_system* system = nullptr;
  control_actor control;
  std::uint64_t subscription = 0;
  std::function<void(const notices&)> tell;
  /// Held while the user's function runs, so that it does not run any more once nobody listens.
  std::mutex mutex;
  bool stopped = false;

  void go_on() {
    mahavishnu::ask<notices, receive_notices>(
        *system, control, {subscription, 1000, listen_wait}, limit,
        [self = shared_from_this()](const result<notices>& came) {
          std::unique_lock lock{self->mutex};
          if (self->stopped)
            return;
          if (!came) { // the subscription or the system has ended
            self->control = nullptr;
            return;
          }
          if (!came->items.empty() || came->missed > 0)
            self->tell(*came);
          self->go_on();
        });
  }

  void stop() {
    std::unique_lock lock{mutex};
    stopped = true;
    if (!control)
      return;
    mahavishnu::ask<unsubscribed, unsubscribe>(*system, control, {subscription}, limit,
                                               [](const result<unsubscribed>&) {});
    control = nullptr;
  }
};

listener& listener::operator=(listener&& other) noexcept {
  if (loop_)
    loop_->stop();
  loop_ = std::move(other.loop_);
  return *this;
}

listener::~listener() {
  if (loop_)
    loop_->stop();
}

result<listener> orchestrator::listen(const mahavishnu::subscribe& wish,
                                      std::function<void(const notices&)> on_notices) {
  auto done = subscribe(wish).get();
  if (!done)
    return done.error();
  auto loop = std::make_shared<listener::loop>();
  loop->system = &system();
  loop->control = control();
  loop->subscription = done->subscription;
  loop->tell = std::move(on_notices);
  loop->go_on();
  return listener{std::move(loop)};
}

// -- single workers ------------------------------------------------------------------------------

answer<workers_spawned> orchestrator::spawn_workers(const std::string& worker_type,
                                                    std::int32_t count) {
  return ask<workers_spawned>(mahavishnu::spawn_workers{worker_type, count});
}

answer<worker_result> orchestrator::execute_on_worker(const worker_id& worker,
                                                      const task_spec& task) {
  return ask<worker_result>(mahavishnu::execute_on_worker{worker, task});
}

answer<worker_results>
orchestrator::execute_on_workers(const mahavishnu::execute_on_workers& tasks) {
  return ask<worker_results>(tasks);
}

answer<worker_results> orchestrator::collect_results(const std::vector<worker_id>& workers) {
  return ask<worker_results>(mahavishnu::collect_results{workers});
}

answer<worker_list> orchestrator::list_workers(const std::vector<worker_id>& workers) {
  return ask<worker_list>(mahavishnu::list_workers{workers});
}

answer<workers_closed> orchestrator::close_worker(const worker_id& worker) {
  return ask<workers_closed>(mahavishnu::close_worker{worker});
}

answer<workers_closed> orchestrator::close_all_workers() {
  return ask<workers_closed>(mahavishnu::close_all_workers{});
}

answer<workers_health> orchestrator::get_workers_health() {
  return ask<workers_health>(mahavishnu::get_workers_health{});
}

answer<worker_type_list> orchestrator::list_worker_types(const std::string& name, bool probe) {
  return ask<worker_type_list>(mahavishnu::list_worker_types{name, probe});
}

answer<periodic_info> orchestrator::add_periodic(const mahavishnu::add_periodic& task) {
  return ask<periodic_info>(task);
}

answer<periodic_list> orchestrator::list_periodic(const std::string& name) {
  return ask<periodic_list>(mahavishnu::list_periodic{name});
}

answer<periodic_info> orchestrator::change_periodic(const std::string& name,
                                                    periodic_change change) {
  return ask<periodic_info>(mahavishnu::change_periodic{name, change});
}

// -- handles -------------------------------------------------------------------------------------

caf::actor_system& orchestrator::system() {
  return inside_->inside->system();
}

const control_actor& orchestrator::control() const {
  return inside_->inside->control();
}

const pool_manager_actor& orchestrator::manager() const {
  return inside_->inside->manager();
}

} // namespace mahavishnu
