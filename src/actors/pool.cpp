// SPDX-License-Identifier: MIT
#include "actors/pool.hpp"

#include "actors/gather.hpp"
#include "actors/pool_core.hpp"
#include "actors/pool_requesters.hpp"
#include "actors/requester_tasks.hpp"
#include "actors/task_records.hpp"
#include "exec/process_runner.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <unordered_set>

namespace mahavishnu::pool_detail {

/// From the clock: what the core wanted to be woken for. Never leaves this process.
struct alarm {
  moment when;
};

/// To itself: there are workers still to be started.
struct go_on {};

/// From the clock: tell that you are alive.
struct beat {};

/// From the clock: what runs for a while is to be in the journal.
struct note_runs {};

} // namespace mahavishnu::pool_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::pool_detail::alarm)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::pool_detail::go_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::pool_detail::beat)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::pool_detail::note_runs)

namespace mahavishnu {

namespace {

using pool_detail::alarm;
using pool_detail::beat;
using pool_detail::go_on;
using pool_detail::note_runs;

constexpr std::chrono::seconds measure_limit{2};

/// A task that runs longer than this is in the journal as one that runs; the others get there when
/// they have ended.
constexpr std::chrono::milliseconds short_run{20};

using pool_self_actor =
    pool_actor::extend<caf::reacts_to<tasks_ended>, caf::reacts_to<alarm>, caf::reacts_to<go_on>,
                       caf::reacts_to<beat>, caf::reacts_to<note_runs>>;

/// Carries out what the core decides.
struct pool_state : pool_effects {
  static inline const char* name = "pool";

  pool_self_actor::pointer self = nullptr;
  pool_options options;
  std::shared_ptr<const worker_options> common; // to all workers
  pool_listener_actor listener;
  std::optional<pool_core> core;
  pool_requesters requesters;

  std::unordered_map<std::uint32_t, worker_actor> workers;
  std::unordered_map<caf::actor_addr, std::uint32_t> number_of;
  requester_tasks<caf::actor_addr> going_with_requester;
  /// Tasks that another pool runs for us.
  struct delegate {
    pool_actor pool;
    std::int32_t attempt;
  };
  std::unordered_map<task_id, delegate> delegated;
  /// Pools that have had tasks of ours, and that we hear of when they go.
  std::unordered_set<caf::actor_addr> helpers;

  /// What is to be written, and who is answered then.
  struct unwritten {
    std::vector<store::change> opened;
    std::vector<task_accepted> accepted;
    std::vector<store::change> changes;
    std::vector<task_result> ended;
    std::vector<std::pair<requester_number, task_cancelled>> cancelled;
    /// Processes whose end nobody needs to be told again, once it is written.
    std::vector<std::string> runs;
  };
  unwritten next;
  /// What the journal has and has not answered yet.
  std::int32_t being_written = 0;
  /// Whom the ends are for that are being written.
  std::unordered_map<task_id, requester_number> whom_of_end;
  std::unordered_map<task_id, requester_number> whom_of_start;
  /// Attempts that have begun a moment ago.
  std::vector<std::pair<task_id, std::int32_t>> fresh_runs;
  records::worker_names names = [this](std::uint32_t worker) { return core->id_of(worker); };

  moment alarm_at = moment::max();
  pool_changed last_change;
  std::int64_t notices_received = 0;
  std::int64_t adopted = 0;
  /// The server goes; and what has not ended is for the next one.
  bool is_going = false;
  bool is_left = false;
  std::vector<caf::typed_response_promise<pool_closed>> closers;
  std::vector<caf::typed_response_promise<pool_drained>> drainers;

  ~pool_state() override {
    // CAF says nothing to those who wait for a promise that is dropped.
    auto gone = error{errc::internal, describe() + " ended unexpectedly"};
    requesters.refuse_all(gone);
    for (auto& each : drainers)
      each.deliver(to_caf(gone));
    // Not from `self`: when the last handle to this pool has gone, CAF is destroying it already,
    // and a message that names it as its sender would hold a dead actor.
    for (auto& [number, each] : workers)
      caf::anon_send_exit(each, caf::exit_reason::kill);
  }

  std::string describe() const { return "pool '" + options.config.name + "'"; }
  moment now() const { return self->clock().now(); }

  // -- what the core wants -----------------------------------------------------

  void add_worker(std::uint32_t worker) override {
    auto handle = options.type.make(self->home_system(), common, {worker, core->id_of(worker)});
    self->monitor(handle);
    number_of.emplace(handle.address(), worker);
    workers.emplace(worker, std::move(handle));
  }

  void drop_worker(std::uint32_t worker) override {
    end_worker(worker, caf::exit_reason::user_shutdown);
  }

  void kill_worker(std::uint32_t worker) override { end_worker(worker, caf::exit_reason::kill); }

  void end_worker(std::uint32_t worker, caf::exit_reason how) {
    auto node = workers.extract(worker);
    number_of.erase(node.mapped().address());
    self->demonitor(node.mapped().address());
    self->send_exit(node.mapped(), how);
  }

  void run(std::uint32_t worker, std::vector<task_run> runs) override {
    self->send(workers.at(worker), run_tasks{std::move(runs)});
  }

  void stop(std::uint32_t worker, const task_id& task, std::int32_t attempt) override {
    self->send(workers.at(worker), stop_run{task, attempt});
  }

  void stop_delegated(const task_id& task) override {
    if (auto found = delegated.find(task); found != delegated.end())
      caf::anon_send(found->second.pool, cancel_task{task});
  }

  void accepted(const pool_task& its) override {
    task_accepted answer{its.id, options.id, task_status::queued, options.config.durability};
    if (!is_recorded(its)) {
      requesters.accepted(its.requester, answer);
      return;
    }
    next.opened.emplace_back(records::opened(options.id, its, options.journal.now()));
    if (its.requester != 0) {
      whom_of_start[its.id] = its.requester;
      next.accepted.push_back(answer);
    }
  }

  void cancel_asked(const pool_task& its) override {
    if (is_recorded(its))
      next.changes.emplace_back(records::moved(its, names));
  }

  void moved(const pool_task& its) override {
    if (!is_recorded(its))
      return;
    if (its.machine.status() != task_status::running) {
      next.changes.emplace_back(records::moved(its, names));
      if (its.process != 0)
        next.runs.push_back(run_of(its.id, its.process));
      return;
    }
    if (fresh_runs.empty())
      self->delayed_send(self, short_run, note_runs{});
    fresh_runs.emplace_back(its.id, its.machine.attempt());
  }

  void refused(requester_number whom, const task_id& task, const error& why) override {
    leave_requester(task);
    if (auto origin = requesters.refused(whom, why))
      return_task(*origin, task);
  }

  void ended(const pool_task& its, const task_result& how) override {
    leave_requester(how.task);
    if (its.goes_on != 0)
      end_left_run(its);
    if (!is_recorded(its)) {
      answer(its.requester, how);
      if (keeps_record() && its.process != 0)
        settle({run_of(its.id, its.process)}); // it is written where it came from
      return;
    }
    next.changes.emplace_back(
        records::ended(its, how, options.config, names, options.journal.now()));
    next.ended.push_back(how);
    whom_of_end[its.id] = its.requester;
    if (its.process != 0)
      next.runs.push_back(run_of(its.id, its.process));
  }

  /// Of an earlier server, and no worker had come to it.
  void end_left_run(const pool_task& its) {
    auto run = run_of(its.id, its.goes_on);
    if (!options.worker.runner)
      return;
    auto process = options.worker.runner->attach(
        run, [](const exec::process_exit&) {}, 0);
    options.worker.runner->stop(process);
    if (is_recorded(its))
      next.runs.push_back(run);
    else
      settle({run});
  }

  /// To all who want to hear how the task has ended.
  void answer(requester_number whom, const task_result& how) {
    if (auto origin = requesters.ended(whom, how)) {
      // Nobody wanted that but us: it never ran here, or the server goes. It waits there again.
      if (how.status == task_status::cancelled &&
          (is_going || (core->closing() && how.attempts == 0)))
        return return_task(*origin, how.task);
      tell(origin->from, origin->pool, bus::result_share{how, origin->attempt});
    }
    if (options.feed.wants(notice_type::task_completed))
      self->send(options.feed.feed, make_notice({}, bus::task_completed{options.id, how}));
  }

  void status_changed(pool_status from, pool_status to, const std::string& reason) override {
    self->send(listener, make_notice({}, bus::status_update{from, to, reason}));
  }

  void wake_at(moment when) override {
    alarm_at = when;
    self->delayed_send(self, std::max(when - now(), moment::duration{0}), alarm{when});
  }

  // -- the journal -------------------------------------------------------------

  bool keeps_record() const {
    return options.journal && options.config.durability != durability::none;
  }

  /// One that another pool has handed to us is in the journal as that pool's.
  bool is_recorded(const pool_task& its) const {
    return keeps_record() && its.route.reason != route_reason::delegated;
  }

  void settle(std::vector<std::string> runs) {
    if (options.worker.runner && !runs.empty())
      options.worker.runner->settle(std::move(runs));
  }

  static std::string run_of(const task_id& task, std::int32_t process) {
    return task.str() + "." + std::to_string(process);
  }

  /// Those that are still at the same attempt.
  void note_long_runs() {
    for (const auto& [task, attempt] : std::exchange(fresh_runs, {}))
      if (const auto* its = core->open_task(task);
          its && its->machine.status() == task_status::running && its->machine.attempt() == attempt)
        next.changes.emplace_back(records::moved(*its, names));
  }

  /// Gives the journal what has happened. Whoever waits for it is answered when it is in good
  /// hands: on disk, or where that is not wanted, with the journal.
  void write() {
    if (next.opened.empty() && next.changes.empty())
      return;
    auto haste =
        options.config.durability == durability::sync ? journal_haste::now : journal_haste::soon;
    auto batch = std::make_shared<unwritten>(std::exchange(next, {}));
    if (!batch->opened.empty()) {
      ++being_written;
      self->request(options.journal.journal, caf::infinite,
                    journal_tasks{std::move(batch->opened), haste})
          .then(
              [this, batch](const journal_written&) {
                --being_written;
                say_accepted(batch->accepted);
                after();
              },
              [this, batch](const caf::error& why) {
                --being_written;
                take_back(batch->accepted, from_caf(why, "the journal"));
                after();
              });
    }
    if (!batch->changes.empty()) {
      ++being_written;
      auto settle_runs = [runner = options.worker.runner, runs = std::move(batch->runs)] {
        if (runner && !runs.empty())
          runner->settle(runs);
      };
      self->request(options.journal.journal, caf::infinite,
                    journal_changes{std::move(batch->changes), haste, std::move(settle_runs)})
          .then(
              [this, batch](const journal_written&) {
                --being_written;
                say_ended(*batch);
                after();
              },
              [this, batch](const caf::error& why) { // the journal has gone
                --being_written;
                for (const auto& each : batch->ended)
                  if (auto node = whom_of_end.extract(each.task))
                    requesters.refused(node.mapped(), from_caf(why, "the journal"));
                for (const auto& [whom, each] : batch->cancelled)
                  requesters.refused(whom, from_caf(why, "the journal"));
                after();
              });
    }
  }

  void say_accepted(const std::vector<task_accepted>& tasks) {
    for (const auto& each : tasks)
      if (auto node = whom_of_start.extract(each.task))
        requesters.accepted(node.mapped(), each);
  }

  void say_ended(const unwritten& what) {
    for (const auto& each : what.ended)
      if (auto node = whom_of_end.extract(each.task))
        answer(node.mapped(), each);
    for (const auto& [whom, each] : what.cancelled)
      requesters.cancelled(whom, each);
  }

  /// They could not be written down, so they were never accepted.
  void take_back(const std::vector<task_accepted>& tasks, const error& why) {
    std::vector<requester_number> whom;
    for (const auto& each : tasks)
      if (auto node = whom_of_start.extract(each.task)) {
        whom.push_back(node.mapped());
        if (auto end = whom_of_end.find(each.task); end != whom_of_end.end())
          end->second = 0;
        core->withdraw(each.task, now());
      }
    tell_departures(); // whoever asks again with the same key is behind this
    for (auto each : whom)
      requesters.refused(each, why);
  }

  // -- tasks -------------------------------------------------------------------

  caf::result<task_result> execute(execute_task& x) {
    watch_requester(*x.spec, x.task); // before the promise, which takes it over
    auto whom = requesters.add(self->make_response_promise<task_result>());
    core->submit(x.task, std::move(x.spec), x.route, whom, now());
    after();
    return caf::delegated<task_result>{}; // the promise answers
  }

  caf::result<task_results> execute(execute_tasks& x) {
    auto promise = self->make_response_promise<task_results>();
    if (x.specs.empty()) {
      promise.deliver(task_results{});
    } else {
      auto whom = requesters.add(std::move(promise), x.specs.size());
      core->submit(x.first, std::move(x.specs), x.route, whom, now());
    }
    after();
    return caf::delegated<task_results>{};
  }

  caf::result<task_accepted> accept(accept_task& x) {
    auto whom = requesters.add(self->make_response_promise<task_accepted>());
    core->submit(x.task, std::move(x.spec), x.route, whom, now());
    after();
    return caf::delegated<task_accepted>{};
  }

  caf::result<task_accepted> confirm(const confirm_task& x) {
    requester_number whom = 0; // who has yet to hear that it is accepted
    const auto* its = core->open_task(x.task);
    if (auto start = whom_of_start.find(x.task); start != whom_of_start.end())
      whom = start->second;
    else if (its && its->waits_for_room)
      whom = its->requester;
    if (whom != 0) {
      auto promise = self->make_response_promise<task_accepted>();
      requesters.join(whom, promise);
      return promise;
    }
    if (auto status = core->status_of(x.task))
      return task_accepted{x.task, options.id, *status, options.config.durability};
    return unknown(x.task);
  }

  caf::error unknown(const task_id& task) const {
    return to_caf({errc::not_found, "there is no task '" + task.str() + "' in " + describe()});
  }

  caf::result<task_result> wait(const wait_task& x) {
    if (auto end = whom_of_end.find(x.task); end != whom_of_end.end()) { // not written yet
      if (end->second == 0)
        end->second = requesters.add_nobody();
      auto promise = self->make_response_promise<task_result>();
      requesters.join(end->second, promise);
      return promise;
    }
    if (auto done = core->result_of(x.task))
      return std::move(*done);
    if (!core->status_of(x.task))
      return unknown(x.task);
    auto whom = core->requester_of(x.task);
    if (whom == 0) {
      whom = requesters.add_nobody();
      core->set_requester(x.task, whom);
    }
    auto promise = self->make_response_promise<task_result>();
    requesters.join(whom, promise);
    return promise;
  }

  caf::result<task_cancelled> cancel(const cancel_task& x) {
    auto status = core->cancel(x.task, now());
    if (!status)
      return unknown(x.task);
    task_cancelled answer{x.task, *status};
    auto promise = self->make_response_promise<task_cancelled>();
    // What is said to be cancelled does not run again, whatever becomes of us.
    if (auto end = whom_of_end.find(x.task); end != whom_of_end.end()) {
      if (end->second == 0)
        end->second = requesters.add_nobody();
      requesters.join(end->second, promise);
    } else if (!next.changes.empty()) {
      next.cancelled.emplace_back(requesters.add(promise), answer);
    } else {
      promise.deliver(answer);
    }
    after();
    return promise;
  }

  caf::result<task_info> describe_one(const describe_task& x) const {
    auto about = core->describe(x.task);
    if (!about)
      return unknown(x.task);
    return *about;
  }

  caf::result<task_list> list(const list_tasks& x) const {
    task_choice choice{std::nullopt, x.before, x.since};
    if (!x.status.empty()) {
      auto status = enum_from_string<task_status>(x.status);
      if (!status)
        return to_caf(status.error());
      choice.status = *status;
    }
    task_list answer;
    core->list(choice, static_cast<std::size_t>(std::max(x.limit, 0)), now(), answer.tasks);
    return answer;
  }

  caf::result<output_location> locate(const locate_output& x) const {
    auto place = core->locate(x.task);
    if (!place)
      return unknown(x.task);
    if (place->process != 0 && options.worker.runner) {
      auto run = run_of(x.task, place->process);
      auto file = [&](exec::output_growth::stream which) {
        return options.worker.runner->file_of(run, which);
      };
      place->at.output_file = file(exec::output_growth::stream::output);
      place->at.error_file = file(exec::output_growth::stream::error);
    }
    return std::move(place->at);
  }

  /// A task that goes with its requester is ended when that one goes.
  void watch_requester(const task_spec& spec, const task_id& task) {
    if (!spec.cancel_with_requester)
      return;
    auto requester = self->current_sender();
    if (!requester)
      return;
    if (going_with_requester.add(requester->address(), task))
      self->monitor(requester->address());
  }

  void leave_requester(const task_id& task) {
    if (auto who = going_with_requester.remove(task))
      self->demonitor(*who);
  }

  // -- other pools -------------------------------------------------------------

  notice make_notice(const pool_id& target, bus::payload payload) const {
    return {0, {}, options.id, target, std::move(payload)}; // the feed puts in number and time
  }

  /// To another pool, and to whoever listens.
  void tell(const pool_actor& whom, const pool_id& target, bus::payload payload) {
    auto what = make_notice(target, std::move(payload));
    if (options.feed.wants(what.type()))
      self->send(options.feed.feed, what);
    if (whom)
      self->send(whom, std::move(what));
  }

  void hand_over(const hand_over_tasks& x, const caf::strong_actor_ptr& to) {
    auto target = caf::actor_cast<pool_actor>(to);
    auto taken = core->take_movable(static_cast<std::size_t>(std::max(x.most, 0)), x.target, now());
    self->send(listener, tasks_moved{options.number, x.target_number,
                                     static_cast<std::int32_t>(taken.size())});
    if (!taken.empty() && helpers.insert(to->address()).second)
      self->monitor(target);
    for (auto& each : taken) {
      delegated[each.task] = {target, each.attempt};
      tell(target, x.target, bus::task_delegate{each.task, each.spec, each.attempt});
    }
    after();
  }

  void hear(const notice& what) {
    ++notices_received;
    if (const auto* task = std::get_if<bus::task_delegate>(&what.payload))
      take_or_take_back(*task, what);
    else if (const auto* share = std::get_if<bus::result_share>(&what.payload)) {
      if (delegated.erase(share->result.task) > 0)
        core->delegated_ended(share->result, share->attempt, now());
    }
    after();
  }

  /// A pool gives us a task, or one of ours comes back.
  void take_or_take_back(const bus::task_delegate& what, const notice& from) {
    if (is_left) // it waits where it came from
      return;
    if (auto ours = delegated.find(what.task); ours != delegated.end()) {
      delegated.erase(ours);
      core->given_back(what.task, what.attempt,
                       "pool '" + from.source.value + "' had no room after all", now());
      return;
    }
    ++adopted;
    auto sender = caf::actor_cast<pool_actor>(self->current_sender());
    route_note route{route_reason::delegated, 0, 0};
    core->submit(what.task, what.spec, route,
                 requesters.add(task_origin{sender, from.source, what.attempt}), now());
  }

  void return_task(const task_origin& origin, const task_id& task) {
    --adopted;
    tell(origin.from, origin.pool, bus::task_delegate{task, {}, origin.attempt});
  }

  // -- the pool itself ---------------------------------------------------------

  pool_metrics metrics() const {
    auto answer = core->metrics();
    answer.tasks_adopted = adopted;
    answer.notices_received = notices_received;
    return answer;
  }

  caf::result<pool_description> describe_all() {
    std::vector<worker_actor> busy;
    for (auto number : core->busy_workers())
      busy.push_back(workers.at(number));
    auto promise = self->make_response_promise<pool_description>();
    gather<worker_usage>(self, busy, measure_limit, measure_worker{},
                         [this, promise](const std::vector<worker_usage>& usages) mutable {
                           pool_description answer{core->info(), core->config(), metrics()};
                           std::int64_t bytes = 0;
                           for (const auto& each : usages)
                             bytes += each.memory_bytes;
                           answer.metrics.memory_usage_mb = static_cast<double>(bytes) / (1 << 20);
                           promise.deliver(std::move(answer));
                         });
    return promise;
  }

  caf::result<pool_scaled> scale(const scale_pool& x) {
    auto answer = core->scale(x.target_workers, now());
    after();
    if (!answer)
      return to_caf(answer.error());
    return *answer;
  }

  caf::result<pool_drained> drain() {
    drainers.push_back(self->make_response_promise<pool_drained>());
    auto promise = drainers.back();
    core->drain(now());
    after();
    return promise;
  }

  pool_resumed resume() {
    core->resume(now());
    for (auto& each : drainers)
      each.deliver(to_caf({errc::cancelled, describe() + " was resumed while it was drained"}));
    drainers.clear();
    return {options.id};
  }

  caf::result<pool_closed> close(const close_pool& x) {
    is_going = x.keep_tasks;
    if (x.keep_tasks && keeps_record())
      return leave_to_next();
    closers.push_back(self->make_response_promise<pool_closed>());
    auto promise = closers.back();
    core->close(now());
    after();
    return promise;
  }

  /// Goes as soon as all is written that has happened until now. The requesters go with us, and so
  /// do the tasks that are bound to them.
  caf::result<pool_closed> leave_to_next() {
    is_left = true;
    *options.worker.leaves_processes = options.processes_stay;
    core->drain(now());
    // What another pool has of ours ends with that one.
    for (const auto& [task, where] : std::exchange(delegated, {}))
      core->given_back(task, where.attempt, "the server goes", now());
    for (const auto& task : core->bound_tasks())
      core->cancel(task, now());
    note_long_runs();
    closers.push_back(self->make_response_promise<pool_closed>());
    auto promise = closers.back();
    after();
    return promise;
  }

  void on_down(const caf::down_msg& down) {
    if (down.source == listener.address()) { // no pool without its manager
      self->quit(caf::exit_reason::kill);
      return;
    }
    if (auto worker = number_of.find(down.source); worker != number_of.end()) {
      auto number = worker->second;
      number_of.erase(worker);
      workers.erase(number);
      core->worker_down(number, now());
    }
    helpers.erase(down.source);
    std::vector<std::pair<task_id, std::int32_t>> homeless;
    for (const auto& [task, where] : delegated)
      if (where.pool.address() == down.source)
        homeless.emplace_back(task, where.attempt);
    std::ranges::sort(homeless);
    for (const auto& [task, attempt] : homeless) {
      delegated.erase(task);
      core->given_back(task, attempt, "the pool that had it has gone", now());
    }
    for (const auto& task : going_with_requester.of(down.source))
      core->cancel(task, now());
    after();
  }

  void tell_departures() {
    auto left = core->take_departures();
    // While the manager has yet to hear of earlier ones, it will hear of these at the same time.
    auto is_news = left.count != 0 && options.departures->fetch_add(left.count) == 0;
    if (is_news || !left.keyed.empty() || !left.refused.empty())
      self->send(listener,
                 tasks_left_pool{options.number, std::move(left.keyed), std::move(left.refused)});
  }

  /// What every event may have changed for others.
  void after() {
    write();
    tell_departures();
    pool_changed change{options.number, core->capacity(), core->has_movable_tasks()};
    if (change != last_change) {
      last_change = change;
      self->send(listener, change);
    }
    if (being_written > 0)
      return;
    if (is_left) {
      if (!core->has_ending_tasks())
        leave();
      return;
    }
    if (!core->is_empty())
      return;
    if (core->draining()) {
      for (auto& each : drainers)
        each.deliver(pool_drained{options.id});
      drainers.clear();
    }
    if (core->closing())
      leave();
  }

  void leave() {
    if (is_left) {
      for (const auto& each : core->take_waiters())
        requesters.refused(
            each, {errc::shutting_down, "the server goes down; the task waited for room in " +
                                            describe() + " and was not accepted: ask again"});
      requesters.refuse_all({errc::shutting_down,
                             "the server goes down; the task stays in its journal: ask again when "
                             "it has been started anew"});
    }
    for (auto& each : closers)
      each.deliver(pool_closed{options.id});
    closers.clear();
    for (auto& [number, each] : workers)
      self->send_exit(each, caf::exit_reason::user_shutdown);
    workers.clear();
    self->quit();
  }
};

pool_self_actor::behavior_type pool(pool_self_actor::stateful_pointer<pool_state> self,
                                    const pool_options& options,
                                    const pool_listener_actor& listener) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.options.worker.leaves_processes = std::make_shared<std::atomic<bool>>(false);
  auto common = state.options.worker;
  common.pool = options.id;
  state.common = std::make_shared<const worker_options>(std::move(common));
  state.listener = listener;
  state.core.emplace(pool_core_options{options.id, options.config, options.worker.grace,
                                       options.history_bytes, options.seed},
                     state);
  state.core->restore(std::exchange(state.options.restored, {}), state.now());
  state.last_change = {options.number,
                       options.config.first_workers() * options.config.worker_concurrency, false};
  self->set_default_handler(caf::drop);
  // A worker that answers with an error has broken its contract, and its task is given up in time;
  // without this, it would end the pool.
  self->set_error_handler([](const caf::error&) {});
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  self->monitor(listener);
  self->send(self, go_on{});
  if (options.heartbeat.count() > 0)
    self->delayed_send(self, options.heartbeat, beat{});
  return {
      // CAF compares a message with one after the other, so those that come for every task are
      // first. What they carry is handed on and not copied.
      [&state](execute_task& x) { return state.execute(x); },
      [&state](const tasks_ended& x) {
        state.core->runs_ended(x, state.now());
        state.after();
      },
      [&state](execute_tasks& x) { return state.execute(x); },
      [&state](accept_task& x) { return state.accept(x); },
      [&state](const confirm_task& x) { return state.confirm(x); },
      [&state](const wait_task& x) { return state.wait(x); },
      [&state](const cancel_task& x) { return state.cancel(x); },
      [&state](const describe_task& x) { return state.describe_one(x); },
      [&state](const list_tasks& x) { return state.list(x); },
      [&state](const locate_output& x) { return state.locate(x); },
      [&state](const get_pool_info&) { return state.core->info(); },
      [&state](const describe_pool&) { return state.describe_all(); },
      [&state](const scale_pool& x) { return state.scale(x); },
      [&state](const drain_pool&) { return state.drain(); },
      [&state](const resume_pool&) { return state.resume(); },
      [&state](const close_pool& x) { return state.close(x); },
      [&state](const hand_over_tasks& x, const caf::strong_actor_ptr& to) {
        state.hand_over(x, to);
      },
      [&state](const notice& x) { state.hear(x); },
      [&state](const alarm& x) {
        if (x.when != state.alarm_at)
          return; // the core has changed its mind
        state.alarm_at = moment::max();
        state.core->wake(state.now());
        state.after();
      },
      [&state](const note_runs&) {
        state.note_long_runs();
        state.after();
      },
      [&state, self](const go_on&) {
        if (!state.core->start_workers(state.now()))
          self->send(self, go_on{});
        state.after();
      },
      [&state, self](const beat&) {
        if (state.options.feed.wants(notice_type::heartbeat)) {
          auto info = state.core->info();
          self->send(state.options.feed.feed,
                     state.make_notice({}, bus::heartbeat{info.status, info.workers,
                                                          info.active_workers, info.queued}));
        }
        self->delayed_send(self, state.options.heartbeat, beat{});
      },
  };
}

} // namespace

pool_actor spawn_pool_actor(caf::actor_system& system, pool_options options,
                            pool_listener_actor listener) {
  return system.spawn(pool, std::move(options), std::move(listener));
}

std::chrono::milliseconds longest_close(const worker_options& options) {
  constexpr std::chrono::seconds for_the_way{30};
  return options.grace + for_the_way;
}

} // namespace mahavishnu
