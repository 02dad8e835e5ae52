// SPDX-License-Identifier: MIT
#include "actors/memory.hpp"

#include "actors/memory_words.hpp"
#include "actors/task_records.hpp"
#include "base/circuit_breaker.hpp"
#include "base/log.hpp"
#include "base/rfc3339.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace mahavishnu::memory_detail {

/// From the clock: something may have ended.
struct look_again {};

/// To itself: there was more than fits in one step.
struct read_on {
  store::wall_time before = 0;
};

/// From the clock: send what waits.
struct sync_due {};

/// From a target.
struct batch_over {
  std::size_t target = 0;
  std::uint64_t number = 0;
  std::vector<memory_outcome> outcomes;
};

/// From the clock: a target has had its time for a batch.
struct batch_overdue {
  std::size_t target = 0;
  std::uint64_t number = 0;
};

/// From the clock: somebody has waited long enough for what has just ended.
struct answer_now {};

/// From the clock: forget some of what need not be kept.
struct forget_some {};

} // namespace mahavishnu::memory_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::read_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::sync_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::batch_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::batch_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::answer_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::memory_detail::forget_some)

namespace mahavishnu {

namespace {

using namespace memory_detail;

/// Read and indexed in one step: so few that who searches hardly waits.
constexpr std::size_t step_size = 500;
/// Who searches waits no longer than this for what has just ended.
constexpr std::chrono::milliseconds longest_wait_for_news{200};
/// Who asks when so many wait is told to ask again.
constexpr std::size_t most_waiting = 1000;
/// Records that a target gets together.
constexpr std::size_t batch_size = 20;
/// A target that has not answered then never will.
constexpr std::chrono::minutes longest_batch{15};
/// A record that fails so often while others are taken is given up.
constexpr std::uint32_t most_tries = 20;
constexpr std::size_t forgotten_at_once = 500;
constexpr std::chrono::milliseconds between_forgetting{20};
constexpr std::chrono::minutes between_looks_for_old{1};
constexpr std::chrono::seconds journal_limit{10};
/// Of one turn of sending.
constexpr std::size_t most_problems = 10;
/// Niceness of the thread: whoever runs tasks comes first.
constexpr int modest = 10;

using memory_self_actor =
    memory_actor::extend<caf::reacts_to<look_again>, caf::reacts_to<read_on>,
                         caf::reacts_to<sync_due>, caf::reacts_to<batch_over>,
                         caf::reacts_to<batch_overdue>, caf::reacts_to<answer_now>,
                         caf::reacts_to<forget_some>>;

/// A target, and what is on its way to it.
struct sending {
  std::shared_ptr<memory_target> to;
  circuit_breaker breaker{};
  /// Of the batch that is on its way; 0: none is.
  std::uint64_t batch = 0;
  /// Of one that is no longer waited for, and of which nothing was heard yet; 0: there is none.
  std::uint64_t silent_batch = 0;
  std::vector<store::outgoing> on_their_way{};
  /// Batches that this turn may still send, so that it ends.
  std::uint64_t left = 0;
  /// Also what failed a while ago and is not due again.
  bool takes_all = false;
  bool is_done = true;
};

/// What became of one turn of sending, and who wants to hear of it.
struct sync_turn {
  bool is_under_way = false;
  /// Somebody wants it now: then all is tried that waits, and every target.
  bool is_asked_for = false;
  /// The round of collecting before which nothing is sent; 0: it is over.
  std::uint64_t after_round = 0;
  memory_synced report;
  std::vector<caf::typed_response_promise<memory_synced>> waiting, for_the_next;
};

struct memory_state {
  static inline const char* name = "memory";

  /// A search that waits for what has just ended.
  struct waiting_search {
    search_memory wish;
    /// Of collecting: what had ended when it was asked for is remembered then.
    std::uint64_t round;
    caf::actor_clock::time_point until;
    caf::typed_response_promise<memory_found> promise;
  };

  memory_self_actor::pointer self = nullptr;
  std::unique_ptr<store::memory_store> memory;
  std::unique_ptr<store::journal_store> ended;
  memory_options options;
  store::end_position position;

  bool is_collecting = false;
  /// Of collecting, from 1.
  std::uint64_t round = 0;
  /// A look is coming; there is one at a time.
  bool will_look = false;
  std::vector<waiting_search> searches;
  std::int64_t collected = 0;
  std::vector<sending> targets;
  sync_turn turn;
  std::uint64_t last_batch = 0;
  /// Why what has ended is not remembered now; empty: it is.
  std::string trouble;
  bool has_sync_trouble = false;
  /// Before a record is tried again that only itself has failed.
  back_off pauses{std::chrono::minutes{1}, std::chrono::hours{1}};

  ~memory_state() {
    // CAF says nothing to those who wait for a promise that is dropped.
    auto gone = to_caf({errc::shutting_down, "the memory ends with the server"});
    for (auto& each : searches)
      each.promise.deliver(gone);
    for (auto* some : {&turn.waiting, &turn.for_the_next})
      for (auto& each : *some)
        each.deliver(gone);
  }

  // -- collecting --------------------------------------------------------------

  void collect() {
    if (std::exchange(is_collecting, true))
      return;
    ++round;
    self->request(options.journal.journal, journal_limit, journal_settle{})
        .then([this](const journal_settled& upto) { read(upto.before); },
              [this](const caf::error& failure) {
                end_collecting(from_caf(failure, "the journal").message);
              });
  }

  /// Asked for now, it knows of all that has ended until now.
  std::uint64_t next_round() {
    auto next = round + 1;
    collect();
    return next;
  }

  /// One step.
  void read(store::wall_time before) {
    auto page = ended->ended_after(position, before, step_size);
    if (!page)
      return end_collecting(page.error().message);
    auto& [tasks, last] = *page;
    for (const auto& each : tasks.damaged)
      log::error("memory", "{}; it is not remembered", each.message);
    if (last == position)
      return end_collecting({});
    std::vector<store::memory_record> fresh;
    for (const auto& each : tasks.records)
      if (auto record = records::remembered(each); !record)
        log::error("memory", "{}; it is not remembered", record.error().message);
      else if (*record)
        fresh.push_back(std::move(**record));
    auto done = memory->remember(fresh, memory_words::text_of(last, options.journal_name));
    say_warnings();
    if (!done)
      return end_collecting(done.error().message);
    collected += static_cast<std::int64_t>(done->added);
    position = last;
    self->send(self, read_on{before});
  }

  /// `problem` is why it ends before all was read.
  void end_collecting(const std::string& problem) {
    is_collecting = false;
    if (!problem.empty() && trouble.empty()) // said once for all that comes of it
      log::error("memory", "{}; what has ended is remembered later", problem);
    if (problem.empty() && !trouble.empty())
      log::info("memory", "what has ended is remembered again");
    trouble = problem;
    answer_searches([this](const auto& each) { return each.round <= round; });
    if (turn.after_round != 0 && turn.after_round <= round) {
      turn.after_round = 0;
      send_what_waits();
    }
    if (!searches.empty() || turn.after_round != 0)
      collect();
    else if (!std::exchange(will_look, true))
      self->delayed_send(self, options.collect_every, look_again{});
  }

  void say_warnings() {
    for (const auto& each : memory->take_warnings())
      log::warning("memory", "{}", each);
  }

  // -- searching ---------------------------------------------------------------

  caf::result<memory_found> search(const search_memory& wish) {
    if (searches.size() >= most_waiting)
      return too_many();
    auto promise = self->make_response_promise<memory_found>();
    searches.push_back({wish, next_round(), self->clock().now() + longest_wait_for_news, promise});
    self->delayed_send(self, longest_wait_for_news, answer_now{});
    return promise;
  }

  static caf::error too_many() {
    return to_caf({errc::timeout, "the memory is busy: " + std::to_string(most_waiting) +
                                      " others wait for an answer already; ask again later"});
  }

  /// All that have waited long enough.
  void answer_late_searches() {
    answer_searches([this](const auto& each) { return each.until <= self->clock().now(); });
  }

  template <class Which>
  void answer_searches(Which which) {
    auto later = std::stable_partition(searches.begin(), searches.end(),
                                       [&](const auto& each) { return !which(each); });
    std::vector<waiting_search> now(std::move_iterator{later}, std::move_iterator{searches.end()});
    searches.erase(later, searches.end());
    for (auto& each : now)
      if (auto found = find(each.wish))
        each.promise.deliver(std::move(*found));
      else
        each.promise.deliver(to_caf(found.error()));
  }

  result<memory_found> find(const search_memory& wish) {
    auto begin = self->clock().now();
    auto query = memory_words::query_of(wish);
    if (!query)
      return query.error();
    auto page = memory->search(*query);
    if (!page)
      return page.error();
    memory_found answer;
    for (const auto& hit : page->hits) {
      auto whole = memory->find(hit.newest.task);
      if (!whole)
        page->damaged.push_back(whole.error());
      else
        answer.results.push_back(memory_words::found(hit, *whole));
    }
    answer.total = static_cast<std::int64_t>(page->total);
    answer.more_than_total = page->has_more;
    answer.next = std::move(page->next);
    if (page->is_cut)
      answer.problems.emplace_back("not all was looked at in the time that a search has; look for "
                                   "more words, or in less");
    for (const auto& each : page->damaged)
      answer.problems.push_back(each.message);
    if (!trouble.empty())
      answer.problems.push_back("what has ended lately is missing: " + trouble);
    answer.took = self->clock().now() - begin;
    return answer;
  }

  // -- sending -----------------------------------------------------------------

  caf::result<memory_synced> sync() {
    if (turn.for_the_next.size() >= most_waiting)
      return too_many();
    auto promise = self->make_response_promise<memory_synced>();
    turn.for_the_next.push_back(promise);
    begin_turn();
    return promise;
  }

  void begin_turn() {
    if (std::exchange(turn.is_under_way, true))
      return;
    turn.report = {};
    turn.waiting = std::exchange(turn.for_the_next, {});
    turn.is_asked_for = !turn.waiting.empty();
    turn.after_round = next_round();
  }

  void send_what_waits() {
    if (!trouble.empty())
      turn.report.problems.push_back("what has ended lately is missing: " + trouble);
    auto states = memory->targets();
    if (!states)
      turn.report.problems.push_back(states.error().message);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      targets[i].is_done = false;
      targets[i].takes_all = turn.is_asked_for;
      targets[i].left = 0;
      if (states)
        for (const auto& each : *states)
          if (each.target == targets[i].to->service())
            targets[i].left = each.waiting / batch_size + 1;
      send_next(i);
    }
    end_turn_if_done();
  }

  void send_next(std::size_t which) {
    auto& its = targets[which];
    auto finish = [&](const std::string& problem) {
      its.is_done = true;
      if (!problem.empty())
        note_problem(its, problem);
    };
    if (its.left == 0)
      return finish("");
    if (its.silent_batch != 0)
      return finish("it has not said anything of what it got, and gets no more before it does");
    auto due = its.takes_all ? std::numeric_limits<store::wall_time>::max() : now();
    auto batch = memory->waiting(its.to->service(), due, batch_size);
    if (!batch)
      return finish(batch.error().message);
    if (batch->records.empty())
      return finish(batch->damaged.empty() ? "" : batch->damaged.front().message);
    if (!its.breaker.lets_through(steady_now()) && !turn.is_asked_for)
      return finish("it has failed too often and is left alone for a while");
    --its.left;
    its.batch = ++last_batch;
    its.on_their_way = std::move(batch->records);
    std::vector<memory_record> records;
    for (const auto& each : its.on_their_way)
      records.push_back(memory_words::sent(each.record));
    self->delayed_send(self, longest_batch, batch_overdue{which, its.batch});
    its.to->send(std::move(records), [me = memory_self_actor{self}, which,
                                      number = its.batch](std::vector<memory_outcome> outcomes) {
      caf::anon_send(me, batch_over{which, number, std::move(outcomes)});
    });
  }

  void give_up_waiting(const batch_overdue& x) {
    auto& its = targets[x.target];
    if (its.batch != x.number)
      return;
    batch_over silence{x.target, x.number, {}};
    settle(silence);
    its.silent_batch = x.number;
  }

  void settle(batch_over& end) {
    auto& its = targets[end.target];
    if (its.silent_batch == end.number)
      its.silent_batch = 0;
    if (its.batch != end.number)
      return; // too late, and settled
    its.batch = 0;
    std::vector<store::outcome> outcomes;
    std::string why;
    auto has_taken = std::ranges::any_of(end.outcomes, [](const memory_outcome& each) {
      return each.how != memory_outcome::kind::failed; // a refused one could have been taken
    });
    for (const auto& each : std::exchange(its.on_their_way, {})) {
      auto told = std::ranges::find(end.outcomes, each.record.task, &memory_outcome::task);
      auto outcome = told == end.outcomes.end()
                         ? memory_outcome{each.record.task, memory_outcome::kind::failed,
                                          "nothing was heard of it in time"}
                         : std::move(*told);
      switch (outcome.how) {
      case memory_outcome::kind::sent:
        ++turn.report.sent;
        outcomes.push_back({each.number, store::delivery::sent, {}, 0});
        break;
      case memory_outcome::kind::refused: give_up(its, each, outcome.reason, outcomes); break;
      case memory_outcome::kind::failed:
        if (has_taken && each.tries >= most_tries) {
          give_up(its, each, outcome.reason, outcomes);
          break;
        }
        why = outcome.reason;
        its.takes_all = false; // or this one would come again and again
        outcomes.push_back({each.number, store::delivery::failed, outcome.reason,
                            now() + pauses.after(each.tries + 1).count()});
        break;
      }
    }
    auto settled = memory->settle(its.to->service(), outcomes);
    say_warnings();
    if (has_taken)
      its.breaker.succeeded();
    else
      its.breaker.failed(steady_now());
    if (!why.empty())
      note_problem(its, why);
    if (!settled)
      note_problem(its, settled.error().message);
    if (has_taken && settled)
      send_next(end.target);
    else
      its.is_done = true;
    end_turn_if_done();
  }

  void give_up(const sending& its, const store::outgoing& what, const std::string& why,
               std::vector<store::outcome>& outcomes) {
    ++turn.report.failed;
    log::warning("memory", "{} does not take the record of task '{}': {}", its.to->service(),
                 what.record.task.str(), why);
    outcomes.push_back({what.number, store::delivery::given_up, why, 0});
  }

  /// The same one is said once, and only so many.
  void note_problem(const sending& its, const std::string& what) {
    auto& all = turn.report.problems;
    auto problem = its.to->service() + " (" + its.to->url() + "): " + what;
    if (all.size() < most_problems && std::ranges::find(all, problem) == all.end())
      all.push_back(std::move(problem));
  }

  void end_turn_if_done() {
    if (!turn.is_under_way || !std::ranges::all_of(targets, &sending::is_done))
      return;
    auto report = std::exchange(turn.report, {});
    report.timestamp =
        rfc3339(std::chrono::floor<std::chrono::milliseconds>(options.journal.clock->now()));
    report.synced = report.sent;
    report.collected = std::exchange(collected, 0);
    if (auto there = memory->stats())
      report.pools = static_cast<std::int32_t>(there->pools.size());
    else
      report.problems.push_back(there.error().message);
    if (auto states = memory->targets())
      for (const auto& each : *states)
        report.waiting += each.is_enabled ? static_cast<std::int64_t>(each.waiting) : 0;
    say_problems(report);
    for (auto& each : std::exchange(turn.waiting, {}))
      each.deliver(report);
    turn.is_under_way = false;
    if (!turn.for_the_next.empty())
      begin_turn();
  }

  /// Once for all turns that go wrong in a row.
  void say_problems(const memory_synced& report) {
    if (!report.problems.empty() && !std::exchange(has_sync_trouble, true))
      log::info("memory", "{}; what waits is kept and sent later", report.problems.front());
    if (report.problems.empty() && (report.sent > 0 || report.waiting == 0))
      has_sync_trouble = false;
  }

  // -- the rest ----------------------------------------------------------------

  result<memory_stats> stats() {
    auto there = memory->stats();
    if (!there)
      return there.error();
    auto states = memory->targets();
    if (!states)
      return states.error();
    memory_stats answer;
    answer.records = static_cast<std::int64_t>(there->records);
    answer.contents = static_cast<std::int64_t>(there->contents);
    answer.bytes = static_cast<std::int64_t>(there->bytes);
    for (const auto& each : there->pools)
      answer.pools.push_back(memory_words::about(each));
    for (const auto& each : targets)
      for (const auto& state : *states)
        if (state.target == each.to->service())
          answer.targets.push_back({state.target, each.to->url(),
                                    each.breaker.current() != circuit_breaker::state::closed,
                                    static_cast<std::int64_t>(state.waiting),
                                    static_cast<std::int64_t>(state.sent),
                                    static_cast<std::int64_t>(state.failed),
                                    static_cast<std::int64_t>(state.forgotten), state.last_error});
    return answer;
  }

  bool forgets() const { return options.keep_for.count() > 0 || options.keep_most > 0; }

  void forget() {
    store::retention kept;
    kept.most = options.keep_most;
    if (options.keep_for.count() > 0)
      kept.ended_before = now() - std::chrono::milliseconds{options.keep_for}.count();
    auto gone = memory->forget(kept, forgotten_at_once);
    say_warnings();
    if (!gone)
      log::warning("memory", "{}; old records are forgotten later", gone.error().message);
    auto more = gone && *gone == forgotten_at_once;
    self->delayed_send(self, more ? between_forgetting : between_looks_for_old, forget_some{});
  }

  store::wall_time now() const { return options.journal.now(); }
  circuit_breaker::moment steady_now() const { return self->clock().now(); }
};

template <class Answer>
caf::result<Answer> answer_of(result<Answer>&& given) {
  if (!given)
    return to_caf(given.error());
  return std::move(*given);
}

/// What spawn_memory() is given, since a function that starts an actor can be copied.
struct belongings {
  std::unique_ptr<store::memory_store> memory;
  std::unique_ptr<store::journal_store> ended;
  memory_options options;
};

memory_self_actor::behavior_type memory(memory_self_actor::stateful_pointer<memory_state> self,
                                        const std::shared_ptr<belongings>& its) {
  auto& state = self->state;
  state.self = self;
  state.memory = std::move(its->memory);
  state.ended = std::move(its->ended);
  state.options = std::move(its->options);
  state.position = state.options.position;
  for (const auto& each : state.options.targets)
    state.targets.push_back({each});
  if (state.options.own_thread)
    (void)::setpriority(PRIO_PROCESS, 0, modest); // of this thread
  if (state.forgets())
    self->send(self, forget_some{});
  if (!state.targets.empty())
    self->delayed_send(self, state.options.sync_every, sync_due{});
  state.collect();
  self->set_default_handler(caf::drop);
  return {
      [&state](const search_memory& x) { return state.search(x); },
      [&state](const get_memory_stats&) { return answer_of(state.stats()); },
      [&state](const sync_memory&) { return state.sync(); },
      [&state](const look_again&) {
        state.will_look = false;
        state.collect();
      },
      [&state](const read_on& x) { state.read(x.before); },
      [self, &state](const sync_due&) {
        state.begin_turn();
        self->delayed_send(self, state.options.sync_every, sync_due{});
      },
      [&state](batch_over& x) { state.settle(x); },
      [&state](const batch_overdue& x) { state.give_up_waiting(x); },
      [&state](const answer_now&) { state.answer_late_searches(); },
      [&state](const forget_some&) { state.forget(); },
  };
}

} // namespace

memory_actor spawn_memory(caf::actor_system& system, std::unique_ptr<store::memory_store> store,
                          std::unique_ptr<store::journal_store> ended, memory_options options) {
  auto own_thread = options.own_thread;
  auto its = std::make_shared<belongings>(
      belongings{std::move(store), std::move(ended), std::move(options)});
  return own_thread ? system.spawn<caf::detached>(memory, its) : system.spawn(memory, its);
}

} // namespace mahavishnu
