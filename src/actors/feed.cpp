// SPDX-License-Identifier: MIT
#include "actors/feed.hpp"

#include "actors/subscription.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace mahavishnu {

namespace {

constexpr std::int32_t most_at_once = 1000;
constexpr std::chrono::milliseconds longest_wait = std::chrono::minutes{1};

/// From the clock: something may be due.
using tick_atom = caf::atom_constant<caf::atom("tick")>;

using feed_self_actor = feed_actor::extend<caf::reacts_to<tick_atom>>;
using time_point = caf::actor_clock::time_point;

/// Somebody who asked while nothing waited.
struct waiting_receiver {
  caf::typed_response_promise<notices> promise;
  std::size_t most;
  time_point until;
};

/// A subscription and who asks for it.
struct listener {
  subscription inbox;
  /// When somebody asked last, or was answered.
  time_point asked;
  std::optional<waiting_receiver> receiver;
};

struct feed_state {
  static inline const char* name = "feed";
  using listener_map = std::map<std::uint64_t, listener>;

  feed_self_actor::pointer self = nullptr;
  feed_options options;
  listener_map listeners;
  std::uint64_t last_subscription = 0;
  std::uint64_t last_notice = 0;
  /// Of subscriptions that have ended.
  std::uint64_t delivered = 0;
  std::uint64_t missed = 0;
  /// Subscriptions that were closed since they overflowed: the latest ones, to say so.
  std::set<std::uint64_t> too_slow;
  /// When ticks are under way, the next one last. Another one is sent only when it must come before
  /// all of these, so however often somebody asks, there are few.
  std::vector<time_point> ticks;

  ~feed_state() {
    options.interest->set(0);
    // CAF says nothing to those who wait for a promise that is dropped.
    for (auto& [id, each] : listeners)
      if (each.receiver)
        each.receiver->promise.deliver(
            to_caf({errc::shutting_down, "the feed has ended, as it does when the server shuts "
                                         "down; subscribe again when the server is up"}));
  }

  time_point now() const { return self->clock().now(); }

  // -- notices ---------------------------------------------------------------

  std::uint64_t spread(const notice& what) {
    ++last_notice;
    std::shared_ptr<const notice> numbered; // one for all of them
    bool closed = false;
    for (auto& [id, each] : listeners) {
      if (!each.inbox.wants(what))
        continue;
      if (!numbered)
        numbered = number(what);
      each.inbox.add(numbered);
      if (each.receiver)
        answer(each);
      closed = closed || each.inbox.closed();
    }
    if (closed)
      update_interest();
    return last_notice;
  }

  std::shared_ptr<const notice> number(notice what) const {
    what.sequence = last_notice;
    if (what.timestamp.count() == 0)
      what.timestamp = wall_time();
    return std::make_shared<const notice>(std::move(what));
  }

  std::chrono::milliseconds wall_time() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        options.clock->now().time_since_epoch());
  }

  /// Whoever waits gets what there is, which may be nothing.
  void answer(listener& whom) {
    auto receiver = std::move(*whom.receiver);
    whom.receiver.reset();
    whom.asked = now();
    receiver.promise.deliver(whom.inbox.take(receiver.most));
    tick_at(due(whom)); // which may come before the end of that wait
  }

  // -- subscriptions ---------------------------------------------------------

  caf::result<subscribed> add(const subscribe& wish) {
    auto inbox = subscription::from(wish);
    if (!inbox)
      return to_caf(inbox.error());
    if (listeners.size() >= options.most_subscribers)
      return to_caf({errc::pool_full,
                     "the feed has " + std::to_string(listeners.size()) +
                         " subscriptions and takes no more; unsubscribe one, or wait: those that "
                         "nobody asks end after " +
                         idle_limit_text()});
    auto id = ++last_subscription;
    auto at = listeners.emplace(id, listener{std::move(*inbox), now(), {}}).first;
    update_interest();
    tick_at(due(at->second));
    return subscribed{id};
  }

  caf::result<notices> receive(const receive_notices& x) {
    auto at = listeners.find(x.subscription);
    if (at == listeners.end())
      return to_caf(no_such(x.subscription));
    auto& whom = at->second;
    if (whom.receiver)
      answer(whom);
    whom.asked = now();
    auto most = static_cast<std::size_t>(std::clamp(x.most, 1, most_at_once));
    auto wait = std::clamp(x.wait, std::chrono::milliseconds{0}, longest_wait);
    if (!whom.inbox.empty() || wait.count() == 0) {
      auto all = whom.inbox.take(most);
      if (whom.inbox.closed() && whom.inbox.empty())
        end(at);
      return all;
    }
    auto promise = self->make_response_promise<notices>();
    whom.receiver = waiting_receiver{promise, most, now() + wait};
    tick_at(due(whom));
    return promise;
  }

  caf::result<unsubscribed> remove(const unsubscribe& x) {
    auto at = listeners.find(x.subscription);
    if (at == listeners.end())
      return to_caf(no_such(x.subscription));
    if (at->second.receiver)
      at->second.receiver->promise.deliver(to_caf(no_such(x.subscription)));
    end(at);
    return unsubscribed{x.subscription};
  }

  /// The one that comes after it.
  listener_map::iterator end(listener_map::iterator at) {
    const auto& [id, ended] = *at;
    delivered += ended.inbox.delivered();
    missed += ended.inbox.missed();
    if (ended.inbox.closed())
      too_slow.insert(id);
    if (too_slow.size() > options.most_subscribers)
      too_slow.erase(too_slow.begin());
    auto next = listeners.erase(at);
    update_interest();
    return next;
  }

  error no_such(std::uint64_t id) const {
    auto which = "subscription " + std::to_string(id);
    if (too_slow.contains(id))
      return {errc::not_found, which + " was closed since its listener was too slow; subscribe "
                                       "again, with a larger limit or an overflow policy that "
                                       "drops notices"};
    return {errc::not_found, "there is no " + which +
                                 "; it may have ended since nobody asked for " + idle_limit_text() +
                                 "; subscribe again"};
  }

  std::string idle_limit_text() const { return std::to_string(options.idle_limit.count()) + " s"; }

  void update_interest() {
    notice_mask types = 0;
    for (const auto& [id, each] : listeners)
      types |= each.inbox.types();
    options.interest->set(types);
  }

  // -- time ------------------------------------------------------------------

  /// When something must be done about it unless something happens before.
  time_point due(const listener& whom) const {
    return whom.receiver ? whom.receiver->until : whom.asked + options.idle_limit;
  }

  void tick_at(time_point when) {
    if (!ticks.empty() && ticks.back() <= when)
      return;
    ticks.push_back(when);
    self->scheduled_send(self, when, tick_atom::value);
  }

  void tick() {
    auto time = now();
    while (!ticks.empty() && ticks.back() <= time)
      ticks.pop_back();
    for (auto at = listeners.begin(); at != listeners.end();) {
      auto& each = at->second;
      if (due(each) <= time && !each.receiver) {
        at = end(at);
        continue;
      }
      if (due(each) <= time)
        answer(each);
      ++at;
    }
    std::optional<time_point> next;
    for (const auto& [id, each] : listeners)
      next = next ? std::min(*next, due(each)) : due(each);
    if (next)
      tick_at(*next);
  }

  // -- the feed itself -------------------------------------------------------

  feed_stats stats() const {
    feed_stats answer;
    answer.published = last_notice;
    answer.delivered = delivered;
    answer.missed = missed;
    answer.subscribers = static_cast<std::int32_t>(listeners.size());
    for (const auto& [id, each] : listeners) {
      answer.delivered += each.inbox.delivered();
      answer.missed += each.inbox.missed();
      answer.waiting += static_cast<std::int64_t>(each.inbox.size());
    }
    return answer;
  }
};

feed_self_actor::behavior_type feed(feed_self_actor::stateful_pointer<feed_state> self,
                                    const feed_options& options) {
  auto& state = self->state;
  state.self = self;
  state.options = options;
  // Not from 1: an id that somebody kept from an earlier server must not be that of another
  // subscription now.
  state.last_subscription = static_cast<std::uint64_t>(state.wall_time().count());
  // What cannot be parsed arrives as a message without content; CAF would print it.
  self->set_default_handler(caf::drop);
  return {
      [&state](const subscribe& x) { return state.add(x); },
      [&state](const receive_notices& x) { return state.receive(x); },
      [&state](const unsubscribe& x) { return state.remove(x); },
      [&state](const get_feed_stats&) { return state.stats(); },
      [&state](const publish& x) { return published{state.spread(x.what)}; },
      [&state](const notice& x) { state.spread(x); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace

feed_actor spawn_feed(caf::actor_system& system, feed_options options) {
  return system.spawn(feed, std::move(options));
}

} // namespace mahavishnu
