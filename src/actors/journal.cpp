// SPDX-License-Identifier: MIT
#include "actors/journal.hpp"

#include "base/log.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iterator>
#include <optional>
#include <utility>

namespace mahavishnu::journal_detail {

/// To itself: write what has come until now.
struct write_now {};

/// From the clock: write what has waited.
struct write_late {};

/// From the clock: forget some of what need not be kept.
struct forget_some {};

} // namespace mahavishnu::journal_detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_detail::write_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_detail::write_late)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mahavishnu::journal_detail::forget_some)

namespace mahavishnu {

namespace {

using journal_detail::forget_some;
using journal_detail::write_late;
using journal_detail::write_now;

/// Tasks that are forgotten in one step: so few that who wants to write hardly waits.
constexpr std::size_t forgotten_at_once = 200;

using journal_self_actor =
    journal_actor::extend<caf::reacts_to<write_now>, caf::reacts_to<write_late>,
                          caf::reacts_to<forget_some>>;

struct journal_state {
  static inline const char* name = "journal";

  using promise = caf::typed_response_promise<journal_written>;

  journal_self_actor::pointer self = nullptr;
  std::unique_ptr<store::journal_store> store;
  journal_options options;

  /// Accepted tasks come before all that happens to them.
  std::vector<store::change> opened;
  std::vector<store::change> changes;
  std::vector<promise> openers;
  std::vector<promise> others;
  /// Our own message is behind all that came before it, so it finds them here.
  bool is_coming = false;
  bool is_coming_late = false;
  /// Why the last try has failed.
  std::optional<error> trouble;

  static void add(std::vector<store::change>& to, std::vector<store::change>&& more) {
    std::ranges::move(more, std::back_inserter(to));
  }

  void ask_for_write(journal_haste haste) {
    if (haste == journal_haste::now && !std::exchange(is_coming, true))
      self->send(self, write_now{});
    else if (haste == journal_haste::soon && !is_coming && !std::exchange(is_coming_late, true))
      self->delayed_send(self, options.soon, write_late{});
  }

  caf::result<journal_written> open(journal_tasks& wish) {
    if (trouble)
      return to_caf(refusal());
    add(opened, std::move(wish.opened));
    openers.push_back(self->make_response_promise<journal_written>());
    ask_for_write(wish.haste);
    return caf::delegated<journal_written>{};
  }

  caf::result<journal_written> note(journal_changes& wish) {
    add(changes, std::move(wish.changes));
    others.push_back(self->make_response_promise<journal_written>());
    if (!trouble) // otherwise it is being tried again
      ask_for_write(wish.haste);
    return caf::delegated<journal_written>{};
  }

  error refusal() const {
    return {errc::io_failed,
            "no task is accepted while the journal cannot be written: " + trouble->message};
  }

  void write() {
    is_coming = is_coming_late = false;
    if (openers.empty() && others.empty())
      return;
    auto all = std::move(opened);
    auto accepted = static_cast<std::ptrdiff_t>(all.size());
    add(all, std::move(changes));
    opened.clear();
    changes.clear();
    auto written = store->apply(all);
    auto to_openers = std::exchange(openers, {});
    if (!written) {
      if (!trouble)
        log::error("journal", "{}; what has ended is kept and tried again",
                   written.error().message);
      trouble = written.error();
      // Those were never accepted; all that happened has to be remembered.
      changes.assign(std::move_iterator{all.begin() + accepted}, std::move_iterator{all.end()});
      for (auto& each : to_openers)
        each.deliver(to_caf(refusal()));
      if (others.empty())
        trouble.reset(); // the next one may try
      else if (!std::exchange(is_coming_late, true))
        self->delayed_send(self, options.retry_after, write_late{});
      return;
    }
    if (std::exchange(trouble, {}))
      log::info("journal", "it can be written again");
    for (auto& each : to_openers)
      each.deliver(journal_written{});
    for (auto& each : std::exchange(others, {}))
      each.deliver(journal_written{});
  }

  bool forgets() const { return options.keep_for.count() > 0 || options.keep_most > 0; }

  void forget() {
    using namespace std::chrono;
    store::retention kept;
    kept.most = options.keep_most;
    if (options.keep_for.count() > 0)
      kept.ended_before =
          duration_cast<milliseconds>(options.clock->now().time_since_epoch() - options.keep_for)
              .count();
    auto gone = trouble ? result<std::size_t>{0} : store->forget_ended(kept, forgotten_at_once);
    if (!gone)
      log::warning("journal", "{}; old tasks are forgotten later", gone.error().message);
    auto more = gone && *gone == forgotten_at_once;
    self->delayed_send(self, more ? options.between_steps : options.between_looks, forget_some{});
  }
};

journal_self_actor::behavior_type
journal(journal_self_actor::stateful_pointer<journal_state> self,
        const std::shared_ptr<std::unique_ptr<store::journal_store>>& store,
        const journal_options& options) {
  auto& state = self->state;
  state.self = self;
  state.store = std::move(*store);
  state.options = options;
  if (state.forgets())
    self->send(self, forget_some{});
  self->set_default_handler(caf::drop);
  self->set_exit_handler([self, &state](const caf::exit_msg& exit) {
    state.write(); // one that cannot be written now is lost, and the log says so
    self->quit(exit.reason);
  });
  return {
      [&state](journal_changes& x) { return state.note(x); },
      [&state](journal_tasks& x) { return state.open(x); },
      [&state](const write_now&) { state.write(); },
      [&state](const write_late&) { state.write(); },
      [&state](const forget_some&) { state.forget(); },
  };
}

} // namespace

journal_actor spawn_journal(caf::actor_system& system, std::unique_ptr<store::journal_store> store,
                            journal_options options) {
  // A function that starts an actor can be copied.
  auto given = std::make_shared<std::unique_ptr<store::journal_store>>(std::move(store));
  return options.own_thread ? system.spawn<caf::detached>(journal, given, options)
                            : system.spawn(journal, given, options);
}

} // namespace mahavishnu
