// SPDX-License-Identifier: MIT
#include "actors/feed.hpp"
#include "mahavishnu/messages/all.hpp"
#include "some_notices.hpp"
#include "virtual_time.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

using sequence_list = std::vector<std::uint64_t>;

/// A feed in one thread and in virtual time.
class feed_server : public virtual_time {
public:
  explicit feed_server(std::chrono::seconds idle_limit = 300s,
                       std::size_t most_subscribers = 1000) {
    feed_options options;
    options.clock = clock;
    options.idle_limit = idle_limit;
    options.most_subscribers = most_subscribers;
    port = {spawn_feed(system(), options), options.interest};
    run();
  }
  ~feed_server() {
    end();
    scheduler().trigger_timeouts(); // a timer holds its actor
    port = {};
    run();
  }

  /// Ends the feed.
  void end() { kill(port.feed); }

  std::size_t timers() { return scheduler().clock().schedule().size(); }

  template <class Answer, class Question>
  pending<Answer> ask(Question question) {
    return virtual_time::ask<Answer>(port.feed, std::move(question));
  }

  std::uint64_t subscribe(const mahavishnu::subscribe& wish = {}) {
    return ask<subscribed>(wish).value().subscription;
  }
  pending<notices> receive(std::uint64_t subscription, std::int32_t most = 100,
                           std::chrono::milliseconds wait = 0ms) {
    return ask<notices>(receive_notices{subscription, most, wait});
  }
  void tell(const notice& what) {
    caf::anon_send(port.feed, what);
    run();
  }
  void tell(notice_type type) { tell(notice_of(type)); }
  feed_stats stats() { return ask<feed_stats>(get_feed_stats{}).value(); }

  feed_port port;
};

} // namespace

TEST_CASE("each type of notice comes to those who listen for it, as it was, with number and time") {
  feed_server s;
  auto everything = s.subscribe();
  std::map<notice_type, std::uint64_t> only;
  for (auto type : all_types())
    only[type] = s.subscribe({{std::string{to_string(type)}}, {}, 10, {}});
  auto of_a = s.subscribe({{}, "pool_a", 10, {}});
  auto of_b = s.subscribe({{}, "pool_b", 10, {}});
  std::vector<notice> sent;
  for (auto type : all_types()) {
    sent.push_back(notice_of(type, "pool_a", "pool_c"));
    s.tell(sent.back());
    sent.back().sequence = sent.size();
    sent.back().timestamp = still_clock::since_epoch;
  }
  CHECK(s.receive(everything).value().items == sent);
  CHECK(s.receive(of_a).value().items == sent);
  CHECK(s.receive(of_b).value().items.empty());
  for (std::size_t i = 0; i < sent.size(); ++i)
    CHECK(s.receive(only[all_types()[i]]).value().items == std::vector{sent[i]});
}

TEST_CASE("a notice keeps its own time and never its own number") {
  feed_server s;
  auto id = s.subscribe();
  auto what = notice_of(notice_type::heartbeat);
  what.sequence = 77;
  what.timestamp = 5ms;
  s.tell(what);
  auto got = s.receive(id).value().items;
  REQUIRE(got.size() == 1);
  CHECK(got[0].sequence == 1);
  CHECK(got[0].timestamp == 5ms);
}

TEST_CASE("what is published is numbered with the rest and the publisher hears the number") {
  feed_server s;
  auto id = s.subscribe();
  s.tell(notice_type::heartbeat);
  auto answer = s.ask<published>(publish{notice_of(notice_type::pool_closed, "a")});
  CHECK(answer.value().sequence == 2);
  CHECK(sequences(s.receive(id).value()) == sequence_list{1, 2});
}

TEST_CASE("notices are numbered when nobody listens, and a subscription starts when it is made") {
  feed_server s;
  CHECK(s.ask<published>(publish{}).value().sequence == 1);
  auto id = s.subscribe();
  CHECK(s.ask<published>(publish{}).value().sequence == 2);
  CHECK(sequences(s.receive(id).value()) == sequence_list{2});
}

TEST_CASE("notices come in order and at most as many as somebody asks for, within 1 and 1000") {
  feed_server s;
  auto id = s.subscribe({{}, {}, 5000, {}});
  for (int i = 0; i < 2010; ++i)
    caf::anon_send(s.port.feed, notice_of(notice_type::heartbeat));
  s.run();
  CHECK(sequences(s.receive(id, 3).value()) == sequence_list{1, 2, 3});
  CHECK(sequences(s.receive(id, 0).value()) == sequence_list{4});
  CHECK(sequences(s.receive(id, -7).value()) == sequence_list{5});
  auto many = sequences(s.receive(id, 1'000'000).value());
  CHECK(many.size() == 1000);
  CHECK(std::ranges::is_sorted(many));
  CHECK(many.front() == 6);
  CHECK(s.stats().waiting == 1005);
}

TEST_CASE("what a slow listener misses is counted for each policy") {
  feed_server s;
  auto newest = s.subscribe({{}, {}, 2, overflow_policy::drop_oldest});
  auto oldest = s.subscribe({{}, {}, 2, overflow_policy::drop_newest});
  for (int i = 0; i < 5; ++i)
    s.tell(notice_type::heartbeat);
  auto answer = s.receive(newest).value();
  CHECK(sequences(answer) == sequence_list{4, 5});
  CHECK(answer.missed == 3);
  answer = s.receive(oldest).value();
  CHECK(sequences(answer) == sequence_list{1, 2});
  CHECK(answer.missed == 3);
  CHECK(s.receive(oldest).value().missed == 0);
  CHECK(s.stats().missed == 6);
}

TEST_CASE("a subscription that closes when it overflows gives what waits and then says why") {
  feed_server s;
  auto id = s.subscribe({{}, {}, 2, overflow_policy::close});
  for (int i = 0; i < 5; ++i)
    s.tell(notice_type::heartbeat);
  CHECK_FALSE(s.port.wants(notice_type::heartbeat));
  CHECK(sequences(s.receive(id, 1).value()) == sequence_list{1});
  CHECK(s.stats().subscribers == 1);
  CHECK(sequences(s.receive(id, 1, 60s).value()) == sequence_list{2});
  for (int i = 0; i < 2; ++i) {
    auto why = s.receive(id, 1, 60s).failure();
    CHECK(why.code == errc::not_found);
    CHECK_THAT(why.message, ContainsSubstring("too slow"));
    CHECK_THAT(why.message, ContainsSubstring("subscribe again"));
  }
  auto stats = s.stats();
  CHECK(stats.subscribers == 0);
  CHECK(stats.delivered == 2);
  CHECK(stats.missed == 1);
}

TEST_CASE("a receiver waits until a notice comes that it wants") {
  feed_server s;
  auto id = s.subscribe({{"pool_closed"}, {}, 10, {}});
  auto answer = s.receive(id, 10, 5s);
  s.advance(4s);
  s.tell(notice_type::heartbeat);
  CHECK_FALSE(answer.has_come());
  s.tell(notice_type::pool_closed);
  CHECK(sequences(answer.value()) == sequence_list{2});
  CHECK(s.stats().delivered == 1);
}

TEST_CASE("a receiver that waits in vain gets an empty answer when its time is over") {
  feed_server s;
  auto id = s.subscribe();
  auto at_once = s.receive(id, 10, 0ms);
  CHECK(at_once.value() == notices{});
  CHECK(s.receive(id, 10, -5s).value() == notices{});
  auto short_wait = s.receive(id, 10, 1500ms);
  s.advance(1499ms);
  CHECK_FALSE(short_wait.has_come());
  s.advance(1ms);
  CHECK(short_wait.value() == notices{});
  auto long_wait = s.receive(id, 10, 1h); // a minute is the most
  s.advance(59s);
  CHECK_FALSE(long_wait.has_come());
  s.advance(1s);
  CHECK(long_wait.value() == notices{});
}

TEST_CASE("a second receiver of a subscription makes the first one answer") {
  feed_server s;
  auto id = s.subscribe();
  auto first = s.receive(id, 10, 10s);
  s.advance(1s);
  auto second = s.receive(id, 10, 10s);
  CHECK(first.value() == notices{});
  s.advance(9s); // the time of the first one
  CHECK_FALSE(second.has_come());
  s.tell(notice_type::heartbeat);
  CHECK(sequences(second.value()) == sequence_list{1});
}

TEST_CASE("receivers of several subscriptions each wait their own time") {
  feed_server s;
  std::vector<pending<notices>> answers;
  for (auto wait : {30s, 10s, 20s, 5s})
    answers.push_back(s.receive(s.subscribe(), 10, wait));
  auto come = [&] { return std::ranges::count_if(answers, &pending<notices>::has_come); };
  s.advance(5s);
  CHECK(come() == 1);
  s.advance(5s);
  CHECK(come() == 2);
  s.advance(10s);
  CHECK(come() == 3);
  s.advance(10s);
  CHECK(come() == 4);
}

TEST_CASE("a subscription that nobody knows says to subscribe again") {
  feed_server s;
  for (const auto& why : {s.receive(5).failure(), s.ask<unsubscribed>(unsubscribe{5}).failure()}) {
    CHECK(why.code == errc::not_found);
    CHECK_THAT(why.message, ContainsSubstring("there is no subscription 5"));
    CHECK_THAT(why.message, ContainsSubstring("subscribe again"));
  }
}

TEST_CASE("a subscription ends on request, and with it whoever waits") {
  feed_server s;
  auto id = s.subscribe();
  auto answer = s.receive(id, 10, 60s);
  CHECK(s.ask<unsubscribed>(unsubscribe{id}).value().subscription == id);
  CHECK(answer.failure().code == errc::not_found);
  CHECK(s.receive(id).failure().code == errc::not_found);
  CHECK(s.stats().subscribers == 0);
}

TEST_CASE("a subscription that nobody asks for a while ends") {
  feed_server s{10s};
  auto id = s.subscribe();
  s.tell(notice_type::heartbeat);
  s.advance(9s);
  CHECK(s.receive(id).value().items.size() == 1);
  s.advance(9s);
  CHECK(s.stats().subscribers == 1);
  s.advance(1s);
  CHECK(s.stats().subscribers == 0);
  CHECK_THAT(s.receive(id).failure().message, ContainsSubstring("nobody asked for 10 s"));
}

TEST_CASE("a subscription does not end while somebody waits, and has its full time after that") {
  feed_server s{10s};
  auto id = s.subscribe();
  auto answer = s.receive(id, 10, 60s);
  for (int i = 0; i < 6; ++i) {
    CHECK_FALSE(answer.has_come());
    s.advance(10s);
  }
  CHECK(answer.has_come());
  s.advance(9s);
  CHECK(s.stats().subscribers == 1);
  s.advance(1s);
  CHECK(s.stats().subscribers == 0);
}

TEST_CASE("a subscription ends in time although its listener was ready to wait longer than that") {
  feed_server s{10s};
  auto answer = s.receive(s.subscribe(), 10, 60s);
  s.advance(12s);
  s.tell(notice_type::heartbeat);
  CHECK(answer.has_come());
  s.advance(9s);
  CHECK(s.stats().subscribers == 1);
  s.advance(1s);
  CHECK(s.stats().subscribers == 0);
}

TEST_CASE("no timer runs without subscriptions, and few however often somebody asks") {
  feed_server s{10s};
  CHECK(s.timers() == 0);
  auto busy = s.subscribe();
  CHECK(s.timers() == 1);
  std::vector<pending<notices>> patient;
  for (int i = 0; i < 200; ++i) {
    if (i % 100 == 0)
      patient.push_back(s.receive(s.subscribe(), 1, 60s));
    auto answer = s.receive(busy, 1, 20ms);
    if (i % 2)
      s.tell(notice_type::pool_closed);
    else
      s.advance(20ms);
    CHECK(answer.has_come());
    CHECK(s.timers() <= 3);
  }
  CHECK(std::ranges::all_of(patient, &pending<notices>::has_come));
  s.advance(10s);
  CHECK(s.stats().subscribers == 0);
  s.advance(60s);
  CHECK(s.timers() == 0);
}

TEST_CASE("what somebody listens for is known to those who would tell it") {
  feed_server s{10s};
  auto wanted = [&] {
    std::vector<notice_type> types;
    for (auto type : all_types())
      if (s.port.wants(type))
        types.push_back(type);
    return types;
  };
  CHECK(wanted().empty());
  auto one = s.subscribe({{"heartbeat"}, {}, 10, {}});
  CHECK(wanted() == std::vector{notice_type::heartbeat});
  auto two = s.subscribe({{"heartbeat", "task_completed"}, {}, 1, overflow_policy::close});
  CHECK(wanted() == std::vector{notice_type::heartbeat, notice_type::task_completed});
  auto three = s.subscribe();
  CHECK(wanted() == all_types());
  s.ask<unsubscribed>(unsubscribe{three}).value();
  s.ask<unsubscribed>(unsubscribe{one}).value();
  CHECK(wanted() == std::vector{notice_type::heartbeat, notice_type::task_completed});
  s.tell(notice_type::heartbeat);
  s.tell(notice_type::heartbeat); // one too many for it
  CHECK(wanted().empty());
  CHECK(s.receive(two).value().missed == 1);
  s.subscribe();
  s.advance(10s); // nobody asks for it
  CHECK(wanted().empty());
  s.subscribe();
  s.end();
  CHECK(wanted().empty());
}

TEST_CASE("an empty port wants nothing") {
  for (auto type : all_types())
    CHECK_FALSE(feed_port{}.wants(type));
}

TEST_CASE("wishes that cannot be are refused") {
  feed_server s{300s, 2};
  CHECK(s.ask<subscribed>(subscribe{{}, {}, 0, {}}).failure().code == errc::invalid_argument);
  auto unknown = s.ask<subscribed>(subscribe{{"nonsense"}, {}, 10, {}}).failure();
  CHECK(unknown.code == errc::invalid_argument);
  CHECK_THAT(unknown.message, ContainsSubstring("'nonsense' is not one of task_delegate, "));
  s.subscribe();
  auto second = s.subscribe();
  auto refused = s.ask<subscribed>(subscribe{}).failure();
  CHECK(refused.code == errc::pool_full);
  CHECK_THAT(refused.message, ContainsSubstring("the feed has 2 subscriptions and takes no more"));
  s.ask<unsubscribed>(unsubscribe{second}).value();
  CHECK(s.subscribe() > second);
}

TEST_CASE("the totals hold what ended subscriptions had") {
  feed_server s;
  auto id = s.subscribe({{}, {}, 2, {}});
  for (int i = 0; i < 3; ++i)
    s.tell(notice_type::heartbeat);
  feed_stats expected{3, 0, 1, 1, 2};
  CHECK(s.stats() == expected);
  s.receive(id, 1).value();
  expected = {3, 1, 1, 1, 1};
  CHECK(s.stats() == expected);
  s.ask<unsubscribed>(unsubscribe{id}).value();
  expected = {3, 1, 1, 0, 0};
  CHECK(s.stats() == expected);
}

TEST_CASE("whoever waits is told when the feed ends") {
  feed_server s;
  auto one = s.receive(s.subscribe(), 10, 60s);
  auto two = s.receive(s.subscribe(), 10, 60s);
  s.end();
  for (const auto& each : {one, two}) {
    CHECK(each.failure().code == errc::shutting_down);
    CHECK_THAT(each.failure().message, ContainsSubstring("the feed has ended"));
  }
}

namespace {

/// One subscription of a feed, written down as plainly as possible.
struct plain_subscription {
  subscribe wish;
  std::chrono::milliseconds asked{0};
  std::vector<std::uint64_t> waiting;
  bool closed = false;
  std::uint64_t newly_missed = 0;
  std::optional<pending<notices>> receiver;
  std::size_t most = 0;
  std::chrono::milliseconds until{0};
};

/// A feed beside the real one: what is done to both must look the same.
class plain_feed {
public:
  static constexpr std::chrono::seconds idle_limit{30};
  static constexpr std::size_t most_subscribers = 5;

  explicit plain_feed(std::uint32_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 8) {
    case 0: subscribe_somehow(); break;
    case 1:
      if (random_() % 4 == 0)
        unsubscribe_some();
      break;
    case 2: advance(std::chrono::milliseconds{random_() % 20'000}); break;
    case 3:
    case 4: receive_some(); break;
    default: tell_something(); break;
    }
    compare();
  }

private:
  struct expected_answer {
    pending<notices> answer;
    sequence_list sequences;
    std::uint64_t missed;
  };

  void subscribe_somehow() {
    subscribe wish;
    for (auto type : all_types())
      if (random_() % 3 == 0)
        wish.types.emplace_back(to_string(type));
    wish.pool = some_pool();
    wish.limit = static_cast<std::int32_t>(random_() % 4 + 1);
    wish.overflow = static_cast<overflow_policy>(random_() % 3);
    auto answer = real_.ask<subscribed>(wish);
    if (all_.size() == most_subscribers) {
      CHECK(answer.failure().code == errc::pool_full);
      return;
    }
    auto id = answer.value().subscription;
    CHECK(known_.insert(id).second);
    auto& made = all_[id];
    made.wish = wish;
    made.asked = now_;
  }

  void unsubscribe_some() {
    auto id = some_subscription();
    auto answer = real_.ask<unsubscribed>(unsubscribe{id});
    auto at = all_.find(id);
    if (at == all_.end()) {
      CHECK(answer.failure().code == errc::not_found);
      return;
    }
    CHECK(answer.value().subscription == id);
    if (at->second.receiver)
      CHECK(at->second.receiver->failure().code == errc::not_found);
    all_.erase(at);
  }

  void advance(std::chrono::milliseconds time) {
    real_.advance(time);
    now_ += time;
    for (auto& [id, each] : all_)
      if (each.receiver && each.until <= now_)
        answer(each);
    std::erase_if(all_, [&](const auto& each) {
      return !each.second.receiver && each.second.asked + idle_limit <= now_;
    });
  }

  void receive_some() {
    auto id = some_subscription();
    auto most = random_() % 3 + 1;
    auto wait = std::chrono::milliseconds{random_() % 2 ? random_() % 70'000 : 0};
    auto at = all_.find(id);
    if (at != all_.end() && at->second.receiver)
      answer(at->second);
    auto asked = real_.receive(id, static_cast<std::int32_t>(most), wait);
    if (at == all_.end()) {
      CHECK(asked.failure().code == errc::not_found);
      return;
    }
    auto& each = at->second;
    each.receiver = asked;
    each.most = most;
    each.until = now_ + std::min(wait, std::chrono::milliseconds{1min});
    each.asked = now_;
    if (!each.waiting.empty() || wait == 0ms)
      answer(each);
    if (each.closed && each.waiting.empty())
      all_.erase(at);
  }

  void tell_something() {
    auto what = notice_of(all_types()[random_() % all_types().size()], some_pool(), some_pool());
    real_.tell(what);
    ++published_;
    for (auto& [id, each] : all_) {
      auto types = each.wish.types;
      pool_id pool{each.wish.pool};
      if (each.closed || (!types.empty() && std::ranges::count(types, to_string(what.type())) == 0))
        continue;
      if (!pool.empty() && !what.target.empty() && what.source != pool && what.target != pool)
        continue;
      add(each, published_);
    }
  }

  void add(plain_subscription& to, std::uint64_t sequence) {
    to.waiting.push_back(sequence);
    if (to.waiting.size() > static_cast<std::size_t>(to.wish.limit)) {
      ++to.newly_missed;
      ++missed_;
      if (to.wish.overflow == overflow_policy::drop_oldest)
        to.waiting.erase(to.waiting.begin());
      else
        to.waiting.pop_back();
      to.closed = to.wish.overflow == overflow_policy::close;
    }
    if (to.receiver)
      answer(to);
  }

  /// What the receiver must have got when this step is over.
  void answer(plain_subscription& whom) {
    auto count = std::min(whom.most, whom.waiting.size());
    auto end = whom.waiting.begin() + static_cast<std::ptrdiff_t>(count);
    expected_.push_back({*whom.receiver, {whom.waiting.begin(), end}, whom.newly_missed});
    whom.waiting.erase(whom.waiting.begin(), end);
    whom.newly_missed = 0;
    whom.receiver.reset();
    whom.asked = now_;
    delivered_ += count;
  }

  void compare() {
    for (const auto& each : expected_) {
      auto got = each.answer.value();
      CHECK(sequences(got) == each.sequences);
      CHECK(got.missed == each.missed);
    }
    expected_.clear();
    feed_stats expected{published_, delivered_, missed_, static_cast<std::int32_t>(all_.size()), 0};
    std::vector<std::string> types;
    bool every = false;
    for (const auto& [id, each] : all_) {
      expected.waiting += static_cast<std::int64_t>(each.waiting.size());
      if (each.receiver)
        CHECK_FALSE(each.receiver->has_come());
      if (each.closed)
        continue;
      every = every || each.wish.types.empty();
      types.insert(types.end(), each.wish.types.begin(), each.wish.types.end());
    }
    CHECK(real_.stats() == expected);
    for (auto type : all_types())
      CHECK(real_.port.wants(type) ==
            (every || std::ranges::count(types, std::string{to_string(type)}) > 0));
  }

  /// One that there is, or was.
  std::uint64_t some_subscription() {
    if (!all_.empty() && random_() % 8 != 0)
      return std::next(all_.begin(), static_cast<std::ptrdiff_t>(random_() % all_.size()))->first;
    if (known_.empty())
      return 1;
    return *std::next(known_.begin(), static_cast<std::ptrdiff_t>(random_() % known_.size()));
  }

  std::string some_pool() { return std::vector<std::string>{"", "p", "q"}[random_() % 3]; }

  std::mt19937 random_;
  feed_server real_{idle_limit, most_subscribers};
  std::map<std::uint64_t, plain_subscription> all_;
  std::set<std::uint64_t> known_;
  std::vector<expected_answer> expected_;
  std::chrono::milliseconds now_{0};
  std::uint64_t published_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t missed_ = 0;
};

} // namespace

TEST_CASE("whatever happens, the feed does as its plain model") {
  plain_feed both{seed()};
  for (int i = 0; i < 3000; ++i)
    both.step();
}
