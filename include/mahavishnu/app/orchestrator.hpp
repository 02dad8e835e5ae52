// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/app/answer.hpp"
#include "mahavishnu/config/settings.hpp"
#include "mahavishnu/messages/all.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu {

/// Stops listening when it goes.
class listener {
public:
  listener() = default;
  listener(listener&&) noexcept = default;
  listener& operator=(listener&& other) noexcept;
  ~listener();

private:
  friend class orchestrator;
  struct loop;
  explicit listener(std::shared_ptr<loop> listening) : loop_(std::move(listening)) {}
  std::shared_ptr<loop> loop_;
};

/// Mahavishnu inside another program: the same actors as in the server, without its doors. Several
/// of them in one program know nothing of each other.
///
/// Each method asks at once and gives an `answer`: `get()` waits for it, `future()` is a future of
/// it, `then(f)` calls back. `get()` must not be called from a thread of the actor system. Pools
/// are named by name or id.
///
/// With `state_dir` in the settings it is the only one in that directory, as a server is, and what
/// its pools run has a parent that outlives the program: see `exec.keepers`. Without, processes end
/// with the program.
class orchestrator {
public:
  static result<std::unique_ptr<orchestrator>>
  start(const config::settings& settings = config::settings::defaults());

  /// Closes all pools and ends what runs in them. Answers that are still on their way come before
  /// this returns, as errors at the latest.
  ~orchestrator();

  orchestrator(const orchestrator&) = delete;
  orchestrator& operator=(const orchestrator&) = delete;

  // -- pools ---------------------------------------------------------------------

  answer<pool_spawned> spawn_pool(const pool_config& config);
  answer<pool_list> list_pools();
  answer<pool_description> describe_pool(const std::string& pool);
  answer<pool_scaled> scale_pool(const std::string& pool, std::int32_t target_workers);
  answer<pool_drained> drain_pool(const std::string& pool);
  answer<pool_resumed> resume_pool(const std::string& pool);
  answer<pool_closed> close_pool(const std::string& pool);
  answer<pools_closed> close_all_pools();
  answer<pools_health> health();
  /// Of all pools, when none is named.
  answer<aggregated_results> aggregate_results(const std::vector<std::string>& pools = {});

  // -- tasks ---------------------------------------------------------------------

  /// The answer comes when the task has ended.
  answer<task_result> execute(const std::string& pool, const task_spec& task);
  /// The same on the pool that the selector finds; an empty one is that of the settings.
  answer<task_result> route(const task_spec& task, const std::string& selector = {},
                            const std::string& affinity = {});
  /// The answer comes when the task is in the queue.
  answer<task_accepted> submit(const submit_task& task);
  /// A new task that does what this one, which has ended, was to do.
  answer<task_accepted> retry(const task_id& task);
  answer<task_result> wait(const task_id& task);
  answer<task_cancelled> cancel(const task_id& task);
  answer<task_info> describe_task(const task_id& task);
  answer<task_list> list_tasks(const mahavishnu::list_tasks& wish = {});

  /// Results in the order of the tasks.
  answer<batch_result> execute_batch(const mahavishnu::execute_batch& batch);
  answer<batch_started> start_batch(const mahavishnu::execute_batch& batch);
  answer<batch_news> follow_batch(const mahavishnu::follow_batch& wish);
  answer<batch_news> cancel_batch(const batch_id& batch);

  // -- notices -------------------------------------------------------------------

  answer<subscribed> subscribe(const mahavishnu::subscribe& wish);
  answer<notices> receive(const receive_notices& wish);
  answer<unsubscribed> unsubscribe(std::uint64_t subscription);
  answer<published> publish(const notice& what);
  answer<feed_stats> get_feed_stats();
  /// Calls `on_notices` with what comes, one call at a time, on threads of the actor system, for as
  /// long as the listener lives. This answers once the subscription is there.
  result<listener> listen(const mahavishnu::subscribe& wish,
                          std::function<void(const notices&)> on_notices);

  // -- workers outside of pools; `worker_manager` has them under their old names ---

  answer<workers_spawned> spawn_workers(const std::string& worker_type, std::int32_t count);
  answer<worker_result> execute_on_worker(const worker_id& worker, const task_spec& task);
  answer<worker_results> execute_on_workers(const mahavishnu::execute_on_workers& tasks);
  answer<worker_results> collect_results(const std::vector<worker_id>& workers = {});
  answer<worker_list> list_workers(const std::vector<worker_id>& workers = {});
  answer<workers_closed> close_worker(const worker_id& worker);
  answer<workers_closed> close_all_workers();
  answer<workers_health> get_workers_health();

  /// With `probe`, what their programs say of themselves as well.
  answer<worker_type_list> list_worker_types(const std::string& name = {}, bool probe = false);

  // -- periodic tasks, which need `state_dir` ---------------------------------------

  answer<periodic_info> add_periodic(const mahavishnu::add_periodic& task);
  answer<periodic_list> list_periodic(const std::string& name = {});
  answer<periodic_info> change_periodic(const std::string& name, periodic_change change);

  // -- for those who speak CAF ------------------------------------------------------

  /// Programs that speak to actors themselves must let go of what they hold before this object
  /// goes.
  caf::actor_system& system();
  const control_actor& control() const;
  const pool_manager_actor& manager() const;

private:
  struct parts;
  explicit orchestrator(std::unique_ptr<parts> inside);

  template <class Answer, class Question>
  answer<Answer> ask(const Question& question);

  std::unique_ptr<parts> inside_;
};

/// `MAJOR.MINOR.PATCH` of this library.
const char* version();

} // namespace mahavishnu
