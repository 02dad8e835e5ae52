// SPDX-License-Identifier: MIT
#include "actors/batch.hpp"

#include "actors/task_rules.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <deque>
#include <map>

namespace mahavishnu::batch_detail {

/// From the clock. None of these leaves this process.
struct try_again {};
struct wait_is_over {
  std::uint64_t round;
};
struct keep_is_over {};

} // namespace mahavishnu::batch_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::batch_detail::try_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::batch_detail::wait_is_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::batch_detail::keep_is_over)

namespace mahavishnu {

namespace {

using batch_detail::keep_is_over;
using batch_detail::try_again;
using batch_detail::wait_is_over;

using batch_self_actor =
    batch_actor::extend<caf::reacts_to<try_again>, caf::reacts_to<wait_is_over>,
                        caf::reacts_to<keep_is_over>>;

constexpr std::chrono::milliseconds first_pause{20};
constexpr std::chrono::milliseconds longest_pause{1000};
constexpr std::chrono::seconds longest_wait{60};
/// What one answer may carry: results with long outputs come in several.
constexpr std::int32_t most_items = 1000;
constexpr std::size_t most_text = std::size_t{4} << 20;
/// A task that pools turn away this often, for other reasons than a full queue, has failed.
constexpr std::int32_t most_refusals = 10;

struct batch_state {
  static inline const char* name = "batch";

  batch_self_actor::pointer self = nullptr;
  batch_options options;
  placer_actor placer;

  execute_batch wish;
  std::int32_t total = 0;
  std::deque<std::int32_t> todo;    // indices into wish.tasks
  std::deque<std::int32_t> placing; // the manager looks for places for these
  std::map<std::int32_t, std::int32_t> refusals;
  std::vector<task_result> results;
  std::vector<std::int32_t> order; // as they came; only when somebody may follow
  std::int32_t in_flight = 0;
  std::int32_t done = 0;
  std::int32_t completed = 0;
  bool followed = false;
  bool pausing = false;
  bool cancelled = false;
  bool abandoned = false;
  std::chrono::milliseconds pause = first_pause;

  /// Tasks that are in a pool, to be able to cancel them.
  struct out {
    pool_actor pool;
    task_id first;
    std::vector<std::int32_t> indices;
  };
  std::map<std::uint64_t, out> outs;
  std::uint64_t last_out = 0;
  std::map<std::int32_t, task_id> alone; // those with an idempotency key

  caf::typed_response_promise<batch_result> promise;
  caf::typed_response_promise<batch_news> follower;
  follow_batch follow_wish;
  std::uint64_t follow_round = 0;

  ~batch_state() {
    auto gone = to_caf({errc::internal, "batch '" + options.id.value + "' ended unexpectedly"});
    if (promise.pending())
      promise.deliver(gone);
    if (follower.pending())
      follower.deliver(gone);
  }

  // -- what comes in -------------------------------------------------------------

  void begin(execute_batch& x) {
    wish = std::move(x);
    total = static_cast<std::int32_t>(wish.tasks.size());
    results.resize(wish.tasks.size());
    bool goes_with_requester = false;
    for (std::int32_t i = 0; i < total; ++i) {
      const auto& spec = *wish.tasks[static_cast<std::size_t>(i)];
      goes_with_requester = goes_with_requester || spec.cancel_with_requester;
      if (auto good = check(spec); !good)
        fail(i, task_status::failed, good.error().message);
      else
        todo.push_back(i);
    }
    if (auto requester = self->current_sender(); requester && goes_with_requester)
      self->monitor(requester->address());
  }

  caf::result<batch_result> execute(execute_batch& x) {
    begin(x);
    promise = self->make_response_promise<batch_result>();
    auto mine = promise;
    go_on();
    return mine;
  }

  batch_started start(start_batch& x) {
    followed = true;
    begin(x.batch);
    go_on();
    return {options.id, total};
  }

  caf::result<batch_news> follow(const follow_batch& x) {
    if (follower.pending()) // a newer question; the older one gets what there is
      follower.deliver(news(follow_wish));
    auto fresh = std::clamp(x.from, 0, done) < done || x.most == 0;
    if (fresh || done == total || x.wait.count() <= 0) {
      auto answer = news(x);
      if (answer.next == total)
        leave();
      return answer;
    }
    follow_wish = x;
    follower = self->make_response_promise<batch_news>();
    auto mine = follower;
    self->delayed_send(self, std::min<std::chrono::milliseconds>(x.wait, longest_wait),
                       wait_is_over{++follow_round});
    return mine;
  }

  batch_news news(const follow_batch& x) const {
    batch_news answer;
    answer.batch = options.id;
    answer.total = total;
    answer.done = done;
    answer.running = in_flight;
    answer.completed = completed;
    answer.failed = done - completed;
    answer.next = std::clamp(x.from, 0, done);
    std::size_t text = 0;
    for (auto i = 0; i < std::min(x.most, most_items) && answer.next < done && text < most_text;
         ++i) {
      auto index = order[static_cast<std::size_t>(answer.next++)];
      const auto& its = results[static_cast<std::size_t>(index)];
      text += its.output.str().size() + its.standard_error.str().size() + its.error.size();
      answer.items.push_back({index, its});
    }
    return answer;
  }

  void answer_follower() {
    if (!follower.pending())
      return;
    auto answer = news(follow_wish);
    auto last = answer.next == total;
    follower.deliver(std::move(answer));
    if (last)
      leave();
  }

  batch_news cancel() {
    cancelled = true;
    while (!todo.empty()) {
      fail(todo.front(), task_status::cancelled, "cancelled with its batch");
      todo.pop_front();
    }
    for (const auto& [number, each] : outs)
      stop(each);
    for (const auto& [index, task] : alone)
      caf::anon_send(placer, cancel_task{task});
    finish_if_done();
    return counts();
  }

  batch_news counts() const {
    follow_batch nothing;
    nothing.most = 0;
    return news(nothing);
  }

  /// Nobody will ask for the results.
  void abandon() {
    abandoned = true;
    cancel();
  }

  // -- tasks out, results in -----------------------------------------------------

  const task_spec& spec(std::int32_t index) const {
    return *wish.tasks[static_cast<std::size_t>(index)];
  }

  /// Sends out what there is room for; one question to the manager at a time.
  void go_on() {
    while (placing.empty() && !pausing && !todo.empty() && in_flight < options.in_flight) {
      if (!spec(todo.front()).idempotency_key.empty())
        send_alone();
      else
        ask_for_places();
    }
    finish_if_done();
  }

  void ask_for_places() {
    place_tasks question;
    question.pool = wish.pool;
    question.selector = wish.selector;
    question.affinity = wish.affinity;
    question.labels = spec(todo.front()).labels;
    auto room = options.in_flight - in_flight;
    while (!todo.empty() && question.count < room && spec(todo.front()).labels == question.labels &&
           spec(todo.front()).idempotency_key.empty()) {
      ++question.count;
      placing.push_back(todo.front());
      todo.pop_front();
    }
    self->request(placer, caf::infinite, std::move(question))
        .then(
            [this](const placement& where) {
              for (const auto& each : where.shares)
                send_share(each);
              go_on();
            },
            [this](const caf::error& failure) {
              auto why = from_caf(failure, "the batch");
              for (auto index : std::exchange(placing, {}))
                fail(index, task_status::failed, why.message);
              go_on();
            });
  }

  void send_share(const placement::share& share) {
    execute_tasks request{share.first, {}, share.route};
    out tasks{share.pool, share.first, {}};
    request.specs.reserve(static_cast<std::size_t>(share.count));
    tasks.indices.reserve(static_cast<std::size_t>(share.count));
    for (std::int32_t i = 0; i < share.count; ++i) {
      tasks.indices.push_back(placing.front());
      request.specs.push_back(wish.tasks[static_cast<std::size_t>(placing.front())]);
      placing.pop_front();
    }
    in_flight += share.count;
    auto number = ++last_out;
    outs.emplace(number, std::move(tasks));
    // A pool answers always, also when it ends; and a task may take days.
    self->request(share.pool, caf::infinite, std::move(request))
        .then([this, number](task_results& answer) { take(number, answer); },
              [this, number](const caf::error& failure) { lose(number, failure); });
    if (cancelled) // meanwhile; the manager counts them, so they go the usual way
      stop(outs.at(number));
  }

  void stop(const out& tasks) {
    for (std::size_t i = 0; i < tasks.indices.size(); ++i)
      caf::anon_send(tasks.pool, cancel_task{tasks.first.after(i)});
  }

  /// The manager knows which task a key belongs to.
  void send_alone() {
    auto index = todo.front();
    todo.pop_front();
    ++in_flight;
    submit_task wish_of_one{wish.tasks[static_cast<std::size_t>(index)], wish.pool, wish.selector,
                            wish.affinity};
    self->request(placer, caf::infinite, std::move(wish_of_one))
        .then([this, index](const task_accepted& answer) { wait_for(index, answer.task); },
              [this, index](const caf::error& failure) { lose_alone(index, failure); });
  }

  void wait_for(std::int32_t index, const task_id& task) {
    alone.emplace(index, task);
    if (cancelled)
      caf::anon_send(placer, cancel_task{task});
    self->request(placer, caf::infinite, wait_task{task})
        .then(
            [this, index](const task_result& answer) {
              --in_flight;
              alone.erase(index);
              keep(index, task_result{answer});
              go_on();
            },
            [this, index](const caf::error& failure) { lose_alone(index, failure); });
  }

  void lose_alone(std::int32_t index, const caf::error& failure) {
    --in_flight;
    alone.erase(index);
    turned_away(index, from_caf(failure, "the task"));
    go_on();
  }

  void take(std::uint64_t number, task_results& answer) {
    auto indices = std::move(outs.extract(number).mapped().indices);
    in_flight -= static_cast<std::int32_t>(indices.size());
    std::vector<bool> refused(indices.size());
    for (const auto& each : answer.refused)
      refused[static_cast<std::size_t>(each.index)] = true;
    for (std::size_t i = 0; i < indices.size(); ++i)
      if (!refused[i])
        keep(indices[i], std::move(answer.results[i]));
    for (const auto& each : answer.refused)
      turned_away(indices[static_cast<std::size_t>(each.index)],
                  {static_cast<errc>(each.code), each.text});
    go_on();
  }

  void lose(std::uint64_t number, const caf::error& failure) {
    auto indices = std::move(outs.extract(number).mapped().indices);
    in_flight -= static_cast<std::int32_t>(indices.size());
    for (auto index : indices)
      fail(index, task_status::lost, from_caf(failure, "the pool").message);
    go_on();
  }

  /// A pool did not take the task: a full one will have room later, another one may do instead.
  void turned_away(std::int32_t index, const error& why) {
    if (cancelled)
      return fail(index, task_status::cancelled, "cancelled with its batch");
    auto passes = why.code == errc::pool_full;
    auto elsewhere =
        wish.pool.empty() && (why.code == errc::not_found || why.code == errc::shutting_down ||
                              why.code == errc::process_failed);
    if (!passes && !(elsewhere && ++refusals[index] < most_refusals))
      return fail(index, task_status::failed, why.message);
    todo.push_front(index);
    if (!pausing) {
      pausing = true;
      self->delayed_send(self, pause, try_again{});
      pause = std::min(2 * pause, longest_pause);
    }
  }

  void fail(std::int32_t index, task_status how, std::string why) {
    task_result end;
    end.status = how;
    end.error = std::move(why);
    keep(index, std::move(end));
  }

  void keep(std::int32_t index, task_result&& how) {
    pause = first_pause;
    completed += how.status == task_status::completed;
    ++done;
    results[static_cast<std::size_t>(index)] = std::move(how);
    if (followed)
      order.push_back(index);
    wish.tasks[static_cast<std::size_t>(index)] = {}; // not needed any more
  }

  void finish_if_done() {
    if (followed) {
      if (done == total && !std::exchange(all_is_known, true))
        self->delayed_send(self, options.keep, keep_is_over{});
      if (follower.pending() && follow_wish.from < done)
        answer_follower();
      if (done == total && abandoned)
        leave();
      return;
    }
    if (done == total && promise.pending()) {
      promise.deliver(batch_result{std::move(results)});
      leave();
    }
  }

  void leave() { self->quit(); }

  bool all_is_known = false;
};

batch_self_actor::behavior_type batch(batch_self_actor::stateful_pointer<batch_state> self,
                                      const batch_options& options, const placer_actor& placer) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  state.placer = placer;
  self->set_default_handler(caf::drop);
  // Its requester is gone, and takes it along.
  self->set_down_handler([&state](const caf::down_msg&) { state.abandon(); });
  return {
      [&state](execute_batch& x) { return state.execute(x); },
      [&state](start_batch& x) { return state.start(x); },
      [&state](const follow_batch& x) { return state.follow(x); },
      [&state](const cancel_batch&) { return state.cancel(); },
      [&state](const try_again&) {
        state.pausing = false;
        state.go_on();
      },
      [&state](const wait_is_over& x) {
        if (x.round == state.follow_round)
          state.answer_follower();
      },
      [&state](const keep_is_over&) { state.leave(); },
  };
}

} // namespace

batch_actor spawn_batch(caf::actor_system& system, batch_options options, placer_actor placer) {
  return system.spawn(batch, std::move(options), std::move(placer));
}

} // namespace mahavishnu
