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

  /// Accepted tasks that are not kept when they cannot be written; they come before all that
  /// happens to them.
  std::vector<store::change> opened;
  std::vector<store::change> changes;
  std::vector<promise> openers;
  std::vector<promise> others;
  std::vector<std::function<void()>> on_disk;
  /// Our own message is behind all that came before it, so it finds them here.
  bool is_coming = false;
  /// And the one from the clock, of which there is one at a time.
  bool is_coming_late = false;
  /// Why the last try has failed.
  std::optional<error> trouble;

  ~journal_state() {
    // CAF says nothing to those who wait for a promise that is dropped.
    for (auto* each : {&openers, &others})
      for (auto& waiting : *each)
        waiting.deliver(to_caf({errc::internal, "the journal ended unexpectedly"}));
  }

  static void add(std::vector<store::change>& to, std::vector<store::change>&& more) {
    std::ranges::move(more, std::back_inserter(to));
  }

  void ask_for_write(journal_haste haste) {
    if (haste == journal_haste::now && !std::exchange(is_coming, true))
      self->send(self, write_now{});
    else if (haste == journal_haste::soon)
      write_within(options.soon);
  }

  void write_within(std::chrono::milliseconds time) {
    if (!std::exchange(is_coming_late, true))
      self->delayed_send(self, time, write_late{});
  }

  caf::result<journal_written> open(journal_tasks& wish) {
    if (trouble)
      return to_caf(refusal());
    auto is_soon = wish.haste == journal_haste::soon;
    add(is_soon ? changes : opened, std::move(wish.opened));
    ask_for_write(wish.haste);
    if (is_soon && changes.size() <= options.most_waiting)
      return journal_written{};
    auto& waiting = is_soon ? others : openers;
    waiting.push_back(self->make_response_promise<journal_written>());
    return caf::delegated<journal_written>{};
  }

  caf::result<journal_written> note(journal_changes& wish) {
    add(changes, std::move(wish.changes));
    if (wish.on_disk)
      on_disk.push_back(std::move(wish.on_disk));
    if (!trouble) // otherwise it is being tried again
      ask_for_write(wish.haste);
    if (wish.haste == journal_haste::soon)
      return journal_written{};
    others.push_back(self->make_response_promise<journal_written>());
    return caf::delegated<journal_written>{};
  }

  error refusal() const {
    return {errc::io_failed,
            "no task is accepted while the journal cannot be written: " + trouble->message};
  }

  /// Whether nothing is left to be written.
  bool write() {
    if (opened.empty() && changes.empty())
      return true;
    auto all = std::move(opened);
    auto accepted = static_cast<std::ptrdiff_t>(all.size());
    add(all, std::move(changes));
    opened.clear();
    changes.clear();
    auto written = store->apply(all);
    say_warnings();
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
      if (changes.empty())
        trouble.reset(); // the next one may try
      else
        write_within(options.retry_after);
      return changes.empty();
    }
    if (std::exchange(trouble, {}))
      log::info("journal", "it can be written again");
    for (auto& each : std::exchange(on_disk, {}))
      each();
    for (auto& each : to_openers)
      each.deliver(journal_written{});
    for (auto& each : std::exchange(others, {}))
      each.deliver(journal_written{});
    return true;
  }

  void say_warnings() {
    for (const auto& each : store->take_warnings())
      log::warning("journal", "{}", each);
  }

  bool forgets() const { return options.keep_for.count() > 0 || options.keep_most > 0; }

  void forget() {
    store::retention kept;
    kept.most = options.keep_most;
    if (options.keep_for.count() > 0)
      kept.ended_before =
          milliseconds_of(*options.clock) - std::chrono::milliseconds{options.keep_for}.count();
    auto gone = trouble ? result<std::size_t>{0} : store->forget_ended(kept, forgotten_at_once);
    say_warnings();
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
    if (!state.write())
      log::error("journal", "{} changes are lost with the server: {}", state.changes.size(),
                 state.trouble->message);
    self->quit(exit.reason);
  });
  return {
      [&state](journal_changes& x) { return state.note(x); },
      [&state](journal_tasks& x) { return state.open(x); },
      [&state](const write_now&) {
        state.is_coming = false;
        state.write();
      },
      [&state](const write_late&) {
        state.is_coming_late = false;
        state.write();
      },
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
