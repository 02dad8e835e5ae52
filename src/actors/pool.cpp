// SPDX-License-Identifier: MIT
#include "actors/pool.hpp"

#include "actors/task_queue.hpp"
#include "base/id_source.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <random>

namespace mahavishnu {

namespace {

/// A task that waits, and whom to tell.
struct waiting_task {
  execute_task request;
  caf::typed_response_promise<task_result> promise;
  /// Set when the task goes with its requester.
  caf::actor_addr requester;
};

/// A worker and what it does.
struct slot {
  worker_id id;
  worker_actor worker;
  std::optional<waiting_task> running;
  /// Dead or dying: gets no further task, and a successor once it is down.
  bool leaving = false;
};

struct pool_state {
  static inline const char* name = "pool";

  pool_actor::pointer self = nullptr;
  pool_options options;
  load_listener_actor listener;
  std::mt19937_64 random;
  std::vector<slot> slots;
  task_queue<waiting_task> queue{1};
  /// Which tasks end when that requester goes.
  std::multimap<caf::actor_addr, task_id> tasks_of_requester;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  bool closing = false;
  std::vector<caf::typed_response_promise<pool_closed>> closers;

  ~pool_state() {
    // CAF says nothing to those who wait for a promise that is dropped.
    auto gone = to_caf({errc::internal, describe() + " ended unexpectedly"});
    while (auto task = queue.pop())
      task->promise.deliver(gone);
    for (auto& each : slots) {
      if (each.running)
        each.running->promise.deliver(gone);
      // Not from `self`: when the last handle to this pool has gone, CAF is destroying it already,
      // and a message that names it as its sender would hold a dead actor.
      caf::anon_send_exit(each.worker, caf::exit_reason::kill);
    }
  }

  std::string describe() const { return "pool '" + options.config.name + "'"; }

  // -- workers ---------------------------------------------------------------

  void add_worker() {
    worker_options wish = options.worker;
    wish.pool = options.id;
    auto taken = [&](const worker_id& id) {
      return std::ranges::any_of(slots, [&](const slot& each) { return each.id == id; });
    };
    system_wall_clock unused; // ids of workers do not contain a time
    do
      wish.id = id_source{unused, random()}.next_worker();
    while (taken(wish.id));
    auto worker = options.make_worker(self->home_system(), wish);
    self->monitor(worker);
    slots.push_back({wish.id, std::move(worker), std::nullopt, false});
  }

  void start_next() {
    for (auto& each : slots) {
      if (queue.empty())
        return;
      if (!each.running && !each.leaving)
        hand_over(each, *queue.pop());
    }
  }

  void hand_over(slot& to, waiting_task task) {
    to.running = std::move(task);
    auto id = to.id;
    self->request(to.worker, longest_run(to.running->request.spec, options.worker),
                  to.running->request)
        .then([this, id](const task_result& answer) { finish(id, answer); },
              [this, id](const caf::error& failure) { lose(id, failure); });
  }

  slot* find(const worker_id& id) {
    auto at = std::ranges::find(slots, id, &slot::id);
    return at == slots.end() ? nullptr : &*at;
  }

  void finish(const worker_id& id, const task_result& answer) {
    auto* at = find(id);
    if (!at || !at->running)
      return;
    ++(answer.status == task_status::completed ? completed : failed);
    auto task = std::move(*at->running);
    at->running.reset();
    leave(task);
    task.promise.deliver(answer);
    start_next();
    leave_if_closed();
  }

  /// The worker did not answer: it is gone, or it hangs and must go.
  void lose(const worker_id& id, const caf::error& failure) {
    auto* at = find(id);
    if (!at || !at->running)
      return;
    task_result answer;
    answer.task = at->running->request.task;
    answer.pool = options.id;
    answer.worker = id;
    answer.status = task_status::lost;
    answer.error = from_caf(failure, "worker '" + id.value + "'").message;
    at->leaving = true;
    self->send_exit(at->worker, caf::exit_reason::kill);
    finish(id, answer);
  }

  void on_down(const caf::down_msg& down) {
    if (down.source == listener.address()) { // no pool without its manager
      self->quit(caf::exit_reason::kill);
      return;
    }
    auto is_it = [&](const slot& each) { return each.worker.address() == down.source; };
    if (auto at = std::ranges::find_if(slots, is_it); at != slots.end()) {
      // The error of the request may come after this notice.
      lose(at->id, caf::make_error(caf::sec::request_receiver_down));
      std::erase_if(slots, is_it); // not by `at`: losing the last task of a closing pool ends it
      if (!closing) {
        add_worker();
        start_next();
      }
      leave_if_closed();
      return;
    }
    auto [first, last] = tasks_of_requester.equal_range(down.source);
    std::vector<task_id> orphans;
    for (; first != last; ++first)
      orphans.push_back(first->second);
    for (const auto& task : orphans)
      cancel(task);
  }

  // -- tasks -----------------------------------------------------------------

  caf::result<task_result> execute(const execute_task& request) {
    if (closing)
      return refuse(request, {errc::not_found, describe() + " is closed"});
    if (queue.full())
      return refuse(request,
                    {errc::pool_full, describe() + " is full (" + std::to_string(queue.size()) +
                                          " queued); wait, or spawn it with a larger queue_limit"});
    auto requester = self->current_sender(); // the promise takes it over
    waiting_task task{request, self->make_response_promise<task_result>(), {}};
    if (requester && request.spec.cancel_with_requester) {
      task.requester = requester->address();
      if (!tasks_of_requester.contains(task.requester))
        self->monitor(task.requester);
      tasks_of_requester.emplace(task.requester, request.task);
    }
    auto promise = task.promise;
    queue.push(request.task, std::move(task));
    start_next();
    return promise;
  }

  caf::error refuse(const execute_task& request, const error& why) {
    self->send(listener, task_left_pool{options.id, request.task});
    return to_caf(why);
  }

  /// What is to be done for every accepted task that leaves, however it leaves.
  void leave(const waiting_task& task) {
    self->send(listener, task_left_pool{options.id, task.request.task});
    if (!task.requester)
      return;
    auto [first, last] = tasks_of_requester.equal_range(task.requester);
    for (; first != last; ++first)
      if (first->second == task.request.task) {
        tasks_of_requester.erase(first);
        break;
      }
    if (!tasks_of_requester.contains(task.requester))
      self->demonitor(task.requester);
  }

  void cancel(const task_id& id) {
    if (auto task = queue.remove(id)) {
      ++failed;
      leave(*task);
      task_result answer;
      answer.task = id;
      answer.pool = options.id;
      answer.status = task_status::cancelled;
      answer.error = "cancelled while it was queued";
      task->promise.deliver(std::move(answer));
      return;
    }
    for (auto& each : slots)
      if (each.running && each.running->request.task == id)
        self->send(each.worker, cancel_task{id});
  }

  // -- the pool itself -------------------------------------------------------

  pool_info info() const {
    pool_info answer;
    answer.pool = options.id;
    answer.type = options.config.type;
    answer.name = options.config.name;
    answer.worker_type = options.config.worker_type;
    answer.status = closing ? pool_status::stopped : pool_status::running;
    answer.workers = static_cast<std::int32_t>(slots.size());
    answer.min_workers = options.config.min_workers;
    answer.max_workers = options.config.max_workers;
    answer.active_workers = static_cast<std::int32_t>(
        std::ranges::count_if(slots, [](const slot& each) { return each.running.has_value(); }));
    answer.queued = static_cast<std::int32_t>(queue.size());
    answer.queue_limit = options.config.queue_limit;
    answer.tasks_completed = completed;
    answer.tasks_failed = failed;
    return answer;
  }

  caf::result<pool_closed> close() {
    closing = true;
    while (auto task = queue.pop()) {
      leave(*task);
      task->promise.deliver(to_caf({errc::cancelled, describe() + " was closed"}));
    }
    for (auto& each : slots)
      if (each.running)
        self->send(each.worker, cancel_task{each.running->request.task});
    auto promise = self->make_response_promise<pool_closed>();
    closers.push_back(promise);
    leave_if_closed();
    return promise;
  }

  void leave_if_closed() {
    auto busy = [](const slot& each) { return each.running.has_value(); };
    if (!closing || std::ranges::any_of(slots, busy))
      return;
    for (auto& closer : closers)
      closer.deliver(pool_closed{options.id});
    closers.clear();
    for (auto& each : slots)
      self->send_exit(each.worker, caf::exit_reason::user_shutdown);
    slots.clear();
    self->quit();
  }
};

pool_actor::behavior_type pool(pool_actor::stateful_pointer<pool_state> self,
                               const pool_options& options, const load_listener_actor& listener) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.listener = listener;
  state.random.seed(options.seed);
  state.queue = task_queue<waiting_task>{static_cast<std::size_t>(options.config.queue_limit)};
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  self->monitor(listener);
  for (std::int32_t i = 0; i < options.config.min_workers; ++i)
    state.add_worker();
  return {
      [&state](const execute_task& x) { return state.execute(x); },
      [&state](const describe_pool&) { return state.info(); },
      [&state](const close_pool&) { return state.close(); },
  };
}

} // namespace

pool_actor spawn_pool_actor(caf::actor_system& system, pool_options options,
                            load_listener_actor listener) {
  return system.spawn(pool, std::move(options), std::move(listener));
}

} // namespace mahavishnu
