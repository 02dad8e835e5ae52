// SPDX-License-Identifier: MIT
#include "actors/worker_manager.hpp"

#include "actors/requester_tasks.hpp"
#include "actors/restart_limit.hpp"
#include "actors/task_rules.hpp"
#include "actors/turn_order.hpp"
#include "base/id_source.hpp"
#include "base/log.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace mahavishnu::worker_manager_detail {

/// From the clock: does a worker keep a task for too long? Never leaves this process.
struct look_around {};

} // namespace mahavishnu::worker_manager_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::worker_manager_detail::look_around)

namespace mahavishnu {

namespace {

using worker_manager_detail::look_around;

using manager_self_actor = worker_manager_actor::extend<caf::reacts_to<look_around>>;

constexpr std::int32_t most_per_request = 50;
constexpr std::int32_t most_concurrent = 100;
constexpr std::uint32_t most_replacements = 10;
constexpr std::chrono::seconds replacement_window{60};
/// How often we look whether a worker keeps a task for too long, and what a worker may take besides
/// the time-out and the grace of its task.
constexpr std::chrono::seconds watch_interval{10};
/// Nothing is tried twice here.
constexpr std::int32_t only_attempt = 1;

std::string quoted(const worker_id& id) {
  return "worker '" + id.value + "'";
}

/// The wishes of a task that only pools fulfil; to run it without them would not be what was asked.
std::optional<error> beyond_us(const task_spec& spec) {
  auto name = spec.deadline.count() != 0      ? "deadline"
              : spec.priority != 0            ? "priority"
              : spec.retry != retry_policy{}  ? "retry"
              : !spec.idempotency_key.empty() ? "idempotency_key"
              : !spec.labels.empty()          ? "labels"
                                              : nullptr;
  if (name == nullptr)
    return std::nullopt;
  return error{errc::unsupported, std::string{"single workers do not know '"} + name +
                                      "'; leave it out, or run the task on a pool"};
}

worker_result ended(const worker_id& worker, task_status status, std::string why) {
  worker_result answer;
  answer.worker = worker;
  answer.status = status;
  answer.error = std::move(why);
  return answer;
}

struct single_worker {
  worker_id id;
  std::string type;
  /// The present one; it has a successor when it dies.
  worker_actor actor;
  /// Of the present actor.
  std::uint32_t number = 0;
  /// Takes no more tasks and goes when nothing runs on it.
  bool closing = false;
  std::optional<worker_result> last;
};

/// A task that waits or runs.
struct accepted_task {
  worker_id worker;
  shared_spec spec;
  std::function<void(worker_result)> answer;
  /// When a worker that still runs it must have gone wrong.
  moment overdue;
};

/// Somebody who waits until these workers are gone.
struct closing_request {
  caf::typed_response_promise<workers_closed> promise;
  std::unordered_set<worker_id> open;
  std::int32_t count = 0;
};

struct worker_manager_state {
  static inline const char* name = "worker_manager";

  manager_self_actor::pointer self = nullptr;
  worker_manager_options options;
  /// What all actors of workers get.
  std::shared_ptr<const worker_options> common;
  std::optional<id_source> ids;
  /// The oldest first.
  std::vector<single_worker> workers;
  std::uint32_t last_number = 0;
  std::unordered_map<task_id, accepted_task> tasks;
  turn_order turns{1, 1};
  requester_tasks<caf::actor_addr> going_with_requester;
  std::vector<closing_request> closers;
  restart_limit replacements{most_replacements, replacement_window};
  /// Workers that died too often, since somebody last spawned some or closed all.
  std::int32_t given_up = 0;
  bool watching = false;

  ~worker_manager_state() {
    // CAF says nothing to those who wait for a promise that is dropped.
    for (auto& [id, task] : tasks)
      task.answer(ended(task.worker, task_status::lost,
                        "the manager of " + quoted(task.worker) + " ended before the task did"));
    for (auto& each : closers)
      each.promise.deliver(
          to_caf({errc::internal, "the manager of the workers ended unexpectedly"}));
    // Not from `self`: when the last handle to this manager has gone, CAF is destroying it already,
    // and a message that names it as its sender would hold a dead actor.
    for (auto& each : workers)
      caf::anon_send_exit(each.actor, caf::exit_reason::kill);
  }

  void tell_of_deprecation() const {
    if (!options.first_use())
      return;
    constexpr std::string_view text = "single workers are deprecated and pools replace them; spawn "
                                      "a pool and run tasks on that instead";
    if (options.warn)
      options.warn(text);
    else
      log::warning("workers", "{}", text);
  }

  // -- workers ---------------------------------------------------------------

  caf::result<workers_spawned> spawn(const spawn_workers& wish) {
    const auto& type = wish.worker_type.empty() ? options.default_type : wish.worker_type;
    if (!options.types.contains(type))
      return to_caf({errc::unsupported, "there are no workers of type '" + type + "', only " +
                                            known_types() +
                                            "; name one of these, or set workers.default_type"});
    if (auto runs = can_run(type, options.types.at(type)); !runs)
      return to_caf(runs.error());
    if (wish.count < 1 || wish.count > most_per_request)
      return to_caf({errc::invalid_argument,
                     "count must be between 1 and " + std::to_string(most_per_request) + ", not " +
                         std::to_string(wish.count) + "; ask more than once for more"});
    auto room = options.most_workers - static_cast<std::int32_t>(workers.size());
    if (wish.count > room)
      return to_caf({errc::pool_full, "there are " + std::to_string(workers.size()) +
                                          " of at most " + std::to_string(options.most_workers) +
                                          " workers, so " + std::to_string(wish.count) +
                                          " more cannot be spawned; close some first"});
    given_up = 0;
    workers_spawned answer;
    for (std::int32_t i = 0; i < wish.count; ++i) {
      single_worker fresh;
      do
        fresh.id = ids->next_worker();
      while (find(fresh.id));
      fresh.type = type;
      start_actor(fresh);
      answer.workers.push_back(fresh.id);
      workers.push_back(std::move(fresh));
    }
    return answer;
  }

  std::string known_types() const {
    std::set<std::string> sorted;
    for (const auto& [type, unused] : options.types)
      sorted.insert(type);
    std::string text;
    for (const auto& each : sorted)
      text.append(text.empty() ? "" : ", ").append(each);
    return text.empty() ? "none at all" : text;
  }

  void start_actor(single_worker& worker) {
    worker.number = ++last_number;
    worker.actor =
        options.types.at(worker.type).make(self->home_system(), common, {worker.number, worker.id});
    self->monitor(worker.actor);
  }

  single_worker* find(const worker_id& id) {
    auto at = std::ranges::find(workers, id, &single_worker::id);
    return at == workers.end() ? nullptr : &*at;
  }

  single_worker* find(const caf::actor_addr& address) {
    auto at = std::ranges::find_if(
        workers, [&](const single_worker& each) { return each.actor.address() == address; });
    return at == workers.end() ? nullptr : &*at;
  }

  static error no_such(const worker_id& id) {
    return {errc::not_found, "there is no " + quoted(id) + "; list the workers, or spawn one"};
  }

  void on_down(const caf::down_msg& down) {
    if (auto* worker = find(down.source)) {
      replace(*worker);
      return;
    }
    for (const auto& each : going_with_requester.of(down.source))
      cancel(each);
    start_next();
  }

  void replace(single_worker& worker) {
    if (auto task = turns.running_on(worker.id))
      finish(*task, ended(worker.id, task_status::lost,
                          quoted(worker.id) + " died, and nobody knows how the task ended"));
    auto now = self->clock().now();
    if (worker.closing) {
      leave(worker.id);
    } else if (replacements.allows(now)) {
      replacements.record(now);
      start_actor(worker);
    } else {
      ++given_up;
      end_waiting(worker.id, task_status::lost,
                  quoted(worker.id) + " is gone, since workers died too often; spawn another one");
      leave(worker.id);
    }
    start_next();
  }

  /// An actor that refuses what we send, which no worker of ours does.
  void on_error(const caf::error& failure) {
    auto sender = self->current_sender();
    auto* worker = sender ? find(sender->address()) : nullptr;
    if (!worker)
      return;
    if (auto task = turns.running_on(worker->id))
      finish(*task,
             ended(worker->id, task_status::failed, from_caf(failure, quoted(worker->id)).message));
    close_idle();
    start_next();
  }

  /// The worker is not in the list any more; tells those who waited for that.
  void leave(worker_id id) { // a copy: the caller's may be part of what goes
    std::erase_if(workers, [&](const single_worker& each) { return each.id == id; });
    for (auto& each : closers)
      each.open.erase(id);
    answer_closers();
  }

  // -- tasks -----------------------------------------------------------------

  caf::result<worker_result> execute(const execute_on_worker& wish) {
    if (auto wrong = refusal(wish))
      return to_caf(*wrong);
    auto requester = self->current_sender(); // the promise takes it over
    auto promise = self->make_response_promise<worker_result>();
    accept(wish, requester,
           [promise](worker_result answer) mutable { promise.deliver(std::move(answer)); });
    return promise;
  }

  caf::result<worker_results> execute_all(const execute_on_workers& wish) {
    struct round {
      caf::typed_response_promise<worker_results> promise;
      worker_results answer;
      std::size_t open;
    };
    auto requester = self->current_sender(); // the promise takes it over
    auto promise = self->make_response_promise<worker_results>();
    auto state = std::make_shared<round>(round{promise, {}, wish.tasks.size()});
    state->answer.results.resize(wish.tasks.size());
    if (wish.tasks.empty())
      promise.deliver(worker_results{});
    for (std::size_t i = 0; i < wish.tasks.size(); ++i) {
      auto answer = [state, i](worker_result one) {
        state->answer.results[i] = std::move(one);
        if (--state->open == 0)
          state->promise.deliver(std::move(state->answer));
      };
      if (auto wrong = refusal(wish.tasks[i]))
        answer(ended(wish.tasks[i].worker, task_status::failed, wrong->message));
      else
        accept(wish.tasks[i], requester, answer);
    }
    return promise;
  }

  /// Why this task cannot be accepted now.
  std::optional<error> refusal(const execute_on_worker& wish) {
    auto* worker = find(wish.worker);
    if (!worker)
      return no_such(wish.worker);
    if (worker->closing)
      return error{errc::not_found, quoted(wish.worker) + " is being closed; use another one"};
    if (auto checked = check(*wish.spec); !checked)
      return checked.error();
    if (auto wrong = beyond_us(*wish.spec))
      return wrong;
    if (!turns.has_room(wish.worker))
      return error{errc::pool_full,
                   quoted(wish.worker) +
                       " cannot take the task: " + std::to_string(turns.waiting()) +
                       " tasks wait for single workers, and no more than " +
                       std::to_string(options.queue_limit) + " may; wait until some have ended"};
    return std::nullopt;
  }

  void accept(const execute_on_worker& wish, const caf::strong_actor_ptr& requester,
              std::function<void(worker_result)> answer) {
    auto id = ids->next_task();
    if (requester && wish.spec->cancel_with_requester &&
        going_with_requester.add(requester->address(), id))
      self->monitor(requester->address());
    tasks.emplace(id, accepted_task{wish.worker, wish.spec, std::move(answer), {}});
    turns.add(id, wish.worker);
    start_next();
  }

  void start_next() {
    while (auto id = turns.next()) {
      auto& task = tasks.at(*id);
      auto limit = task.spec->timeout.count() > 0 ? task.spec->timeout : options.default_timeout;
      task.overdue = latest_end(limit);
      self->send(find(task.worker)->actor, run_tasks{{{*id, only_attempt, limit, task.spec}}});
      watch();
    }
  }

  /// When a worker that has `limit` for a task from now on must have answered.
  moment latest_end(std::chrono::milliseconds limit) const {
    return self->clock().now() + limit + options.worker.grace + watch_interval;
  }

  void watch() {
    if (watching)
      return;
    watching = true;
    self->delayed_send(self, watch_interval, look_around{});
  }

  /// Workers end their tasks in time; one that does not must go.
  void end_overdue() {
    watching = false;
    auto now = self->clock().now();
    for (const auto& each : workers)
      if (auto task = turns.running_on(each.id)) {
        if (tasks.at(*task).overdue <= now)
          self->send_exit(each.actor, caf::exit_reason::kill);
        watch();
      }
  }

  void on_ended(const tasks_ended& answer) {
    for (const auto& end : answer.ends) {
      auto at = tasks.find(end.task);
      if (at == tasks.end())
        continue; // it came late
      auto* worker = find(at->second.worker);
      if (worker->number != answer.worker || turns.running_on(worker->id) != end.task)
        continue;
      auto how = ended(worker->id, end.status, end.error);
      how.output = end.output;
      how.exit_code = end.exit_code;
      how.duration = end.duration;
      how.has_output = !end.output.empty();
      finish(end.task, std::move(how));
    }
    close_idle();
    start_next();
  }

  /// What is to be done for every accepted task, however it ends.
  void finish(const task_id& id, worker_result how) {
    auto task = std::move(tasks.extract(id).mapped());
    turns.remove(id, task.worker);
    if (auto who = going_with_requester.remove(id))
      self->demonitor(*who);
    find(task.worker)->last = how;
    task.answer(std::move(how));
  }

  void cancel(const task_id& id) {
    auto& task = tasks.at(id);
    if (turns.running_on(task.worker) == id)
      stop(*find(task.worker), id);
    else
      finish(id, ended(task.worker, task_status::cancelled, "cancelled while it was queued"));
  }

  void stop(const single_worker& worker, const task_id& id) {
    auto& task = tasks.at(id);
    task.overdue = std::min(task.overdue, latest_end({}));
    self->send(worker.actor, stop_run{id, only_attempt});
  }

  void end_waiting(const worker_id& worker, task_status status, const std::string& why) {
    for (const auto& each : turns.waiting_for(worker))
      finish(each, ended(worker, status, why));
  }

  // -- what they tell --------------------------------------------------------

  /// The workers of these ids, in that order; all when none is named.
  result<std::vector<const single_worker*>> named(const std::vector<worker_id>& wanted) {
    std::vector<const single_worker*> found;
    if (wanted.empty())
      for (const auto& each : workers)
        found.push_back(&each);
    for (const auto& id : wanted) {
      found.push_back(find(id));
      if (!found.back())
        return no_such(id);
    }
    return found;
  }

  /// Where the task stands that it has now, if it has one.
  std::optional<task_status> status_now(const single_worker& worker) const {
    if (turns.running_on(worker.id))
      return task_status::running;
    if (!turns.waiting_for(worker.id).empty())
      return task_status::queued;
    return std::nullopt;
  }

  worker_info info(const single_worker& worker) const {
    auto now = status_now(worker);
    auto text = now           ? to_string(*now)
                : worker.last ? to_string(worker.last->status)
                              : std::string_view{"idle"};
    return {worker.id, worker.type, std::string{text}};
  }

  caf::result<worker_list> list(const list_workers& wish) {
    auto found = named(wish.workers);
    if (!found)
      return to_caf(found.error());
    worker_list answer;
    for (const auto* each : *found)
      answer.workers.push_back(info(*each));
    return answer;
  }

  caf::result<worker_results> collect(const collect_results& wish) {
    auto found = named(wish.workers);
    if (!found)
      return to_caf(found.error());
    worker_results answer;
    for (const auto* each : *found)
      if (auto now = status_now(*each))
        answer.results.push_back(ended(each->id, *now, {}));
      else if (each->last)
        answer.results.push_back(*each->last);
    return answer;
  }

  caf::result<workers_health> health(const get_workers_health&) {
    workers_health answer;
    if (given_up > 0 && workers.empty())
      answer.status = "unhealthy";
    else if (given_up > 0 || turns.full() || !replacements.allows(self->clock().now()))
      answer.status = "degraded";
    answer.workers_active = static_cast<std::int32_t>(workers.size());
    answer.max_concurrent = options.max_concurrent;
    for (const auto& each : workers)
      answer.workers.push_back(info(each));
    return answer;
  }

  // -- the end of workers ----------------------------------------------------

  caf::result<workers_closed> close_one(const close_worker& wish) {
    if (!find(wish.worker))
      return to_caf(no_such(wish.worker));
    return close({wish.worker});
  }

  caf::result<workers_closed> close_all(const close_all_workers&) {
    given_up = 0;
    std::unordered_set<worker_id> all;
    for (const auto& each : workers)
      all.insert(each.id);
    return close(all);
  }

  caf::result<workers_closed> close(const std::unordered_set<worker_id>& which) {
    auto promise = self->make_response_promise<workers_closed>();
    closers.push_back({promise, which, static_cast<std::int32_t>(which.size())});
    for (auto& each : workers)
      if (which.contains(each.id) && !each.closing) {
        each.closing = true;
        end_waiting(each.id, task_status::cancelled, quoted(each.id) + " was closed");
        if (auto task = turns.running_on(each.id))
          stop(each, *task);
      }
    close_idle();
    answer_closers(); // there may have been nothing to close
    return promise;
  }

  /// Lets those workers go that are to go and run nothing any more.
  void close_idle() {
    std::vector<worker_id> idle;
    for (const auto& each : workers)
      if (each.closing && !turns.running_on(each.id)) {
        self->send_exit(each.actor, caf::exit_reason::user_shutdown);
        idle.push_back(each.id);
      }
    for (const auto& each : idle)
      leave(each);
  }

  void answer_closers() {
    for (auto& each : closers)
      if (each.open.empty())
        each.promise.deliver(workers_closed{each.count});
    std::erase_if(closers, [](const closing_request& each) { return each.open.empty(); });
  }
};

/// A row of the table: refuses when single workers are switched off.
template <class Answer, class Question>
auto serve(worker_manager_state& state,
           caf::result<Answer> (worker_manager_state::*answer)(const Question&)) {
  return [&state, answer](const Question& question) -> caf::result<Answer> {
    if (!state.options.enabled)
      return to_caf({errc::unsupported, "single workers are switched off by the settings; set "
                                        "workers.enabled to true, or use a pool"});
    // The server itself asks how workers are and closes them; that is no use of them.
    if constexpr (!std::is_same_v<Question, get_workers_health> &&
                  !std::is_same_v<Question, close_all_workers>)
      state.tell_of_deprecation();
    return (state.*answer)(question);
  };
}

manager_self_actor::behavior_type
worker_manager(manager_self_actor::stateful_pointer<worker_manager_state> self,
               const worker_manager_options& options) {
  auto& state = self->state;
  using state_type = worker_manager_state;
  state.self = self;
  state.options = options;
  state.options.max_concurrent = std::clamp(options.max_concurrent, 1, most_concurrent);
  if (!state.options.clock)
    state.options.clock = std::make_shared<system_wall_clock>();
  state.ids.emplace(*state.options.clock, options.seed);
  state.turns = turn_order{static_cast<std::size_t>(state.options.max_concurrent),
                           static_cast<std::size_t>(std::max(options.queue_limit, 0))};
  state.common = std::make_shared<const worker_options>(options.worker);
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  // Without it, an error that answers one of our messages would end this actor.
  self->set_error_handler([&state](const caf::error& failure) { state.on_error(failure); });
  self->set_default_handler(caf::drop);
  return {
      serve(state, &state_type::spawn),
      serve(state, &state_type::execute),
      serve(state, &state_type::execute_all),
      serve(state, &state_type::collect),
      serve(state, &state_type::list),
      serve(state, &state_type::close_one),
      serve(state, &state_type::close_all),
      serve(state, &state_type::health),
      [&state](const tasks_ended& x) { state.on_ended(x); },
      [&state](look_around) { state.end_overdue(); },
  };
}

} // namespace

bool first_use_of_single_workers() {
  static std::atomic<bool> used{false};
  return !used.exchange(true);
}

worker_manager_actor spawn_worker_manager(caf::actor_system& system,
                                          worker_manager_options options) {
  return system.spawn(worker_manager, std::move(options));
}

} // namespace mahavishnu
