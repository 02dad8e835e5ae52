// SPDX-License-Identifier: MIT
#include "actors/subscription.hpp"
#include "some_notices.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

using sequence_list = std::vector<std::uint64_t>;

subscription made(const subscribe& wish) {
  auto it = subscription::from(wish);
  REQUIRE(it.has_value());
  return *it;
}

subscription bounded(std::int32_t limit, overflow_policy overflow) {
  return made({{}, {}, limit, overflow});
}

std::shared_ptr<const notice> numbered(std::uint64_t sequence) {
  auto what = notice_of(notice_type::heartbeat);
  what.sequence = sequence;
  return std::make_shared<const notice>(what);
}

std::shared_ptr<const notice> with_output(std::size_t bytes) {
  task_result result;
  result.output = std::string(bytes, 'x');
  notice what;
  what.payload = bus::task_completed{{}, result};
  return std::make_shared<const notice>(what);
}

/// What a subscription should do, written down as plainly as possible.
struct model {
  std::size_t limit;
  overflow_policy overflow;
  sequence_list waiting;
  bool closed = false;
  std::uint64_t delivered = 0;
  std::uint64_t missed = 0;
  std::uint64_t newly_missed = 0;

  void add(std::uint64_t sequence) {
    if (closed)
      return;
    waiting.push_back(sequence);
    if (waiting.size() <= limit)
      return;
    ++missed;
    ++newly_missed;
    if (overflow == overflow_policy::drop_oldest)
      waiting.erase(waiting.begin());
    else
      waiting.pop_back();
    closed = overflow == overflow_policy::close;
  }

  std::pair<sequence_list, std::uint64_t> take(std::size_t most) {
    auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(most, waiting.size()));
    sequence_list taken{waiting.begin(), end};
    waiting.erase(waiting.begin(), end);
    delivered += taken.size();
    return {taken, std::exchange(newly_missed, 0)};
  }
};

} // namespace

TEST_CASE("the mask has a bit for every type") {
  notice_mask all = 0;
  for (auto type : all_types()) {
    CHECK((all & mask_of(type)) == 0);
    all |= mask_of(type);
  }
  CHECK(all == every_notice);
}

TEST_CASE("a subscription wants the types that it names, and all when it names none") {
  for (notice_mask asked = 0; asked <= every_notice; ++asked) {
    subscribe wish;
    for (auto type : all_types())
      if (asked & mask_of(type))
        wish.types.emplace_back(to_string(type));
    auto it = made(wish);
    CHECK(it.types() == (asked ? asked : every_notice));
    for (auto type : all_types())
      CHECK(it.wants(notice_of(type)) == (asked == 0 || (asked & mask_of(type)) != 0));
  }
}

TEST_CASE("a type may be named twice") {
  CHECK(made({{"heartbeat", "heartbeat"}, {}, 1, {}}).types() == mask_of(notice_type::heartbeat));
}

TEST_CASE("a subscription to a pool wants what comes from it, goes to it, or goes to all") {
  auto all = made({});
  auto of_p = made({{}, "p", 1, {}});
  for (auto type : all_types())
    for (const auto* source : {"", "p", "q"})
      for (const auto* target : {"", "p", "q"}) {
        auto what = notice_of(type, source, target);
        INFO("from '" << source << "' to '" << target << "'");
        CHECK(all.wants(what));
        CHECK(of_p.wants(what) == (what.source == pool_id{"p"} || what.target != pool_id{"q"}));
      }
}

TEST_CASE("type and pool must both be as asked for") {
  auto it = made({{"heartbeat"}, "p", 1, {}});
  CHECK(it.wants(notice_of(notice_type::heartbeat, "p", "q")));
  CHECK_FALSE(it.wants(notice_of(notice_type::heartbeat, "q", "q")));
  CHECK_FALSE(it.wants(notice_of(notice_type::pool_closed, "p", "q")));
}

TEST_CASE("a subscription that cannot be is refused with what can") {
  for (auto limit : {1, 2, 1'000'000})
    CHECK(subscription::from({{}, {}, limit, {}}).has_value());
  for (auto limit : {0, -1, 1'000'001}) {
    auto refused = subscription::from({{}, {}, limit, {}});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(refused.error().message ==
          "limit: " + std::to_string(limit) + " notices cannot be kept; give 1 to 1000000");
  }
  for (const auto* name : {"", "Heartbeat", "heartbeats"}) {
    auto refused = subscription::from({{"pool_closed", name}, {}, 1, {}});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(refused.error().message == "types: '" + std::string{name} +
                                         "' is not one of task_delegate, result_share, "
                                         "status_update, heartbeat, pool_created, pool_closed, "
                                         "task_completed");
  }
}

TEST_CASE("a full subscription that drops the oldest keeps the newest") {
  auto it = bounded(2, overflow_policy::drop_oldest);
  for (auto i : {1, 2, 3, 4})
    it.add(numbered(i));
  CHECK(it.size() == 2);
  CHECK(it.missed() == 2);
  auto answer = it.take(10);
  CHECK(sequences(answer) == sequence_list{3, 4});
  CHECK(answer.missed == 2);
  CHECK(it.take(10).missed == 0);
  CHECK(it.missed() == 2);
  CHECK(it.delivered() == 2);
}

TEST_CASE("a full subscription that drops the newest keeps the oldest") {
  auto it = bounded(2, overflow_policy::drop_newest);
  for (auto i : {1, 2, 3, 4})
    it.add(numbered(i));
  auto answer = it.take(10);
  CHECK(sequences(answer) == sequence_list{1, 2});
  CHECK(answer.missed == 2);
  it.add(numbered(5));
  CHECK(sequences(it.take(10)) == sequence_list{5});
}

TEST_CASE("a subscription that closes when it is full wants nothing more and gives what waits") {
  auto it = bounded(2, overflow_policy::close);
  it.add(numbered(1));
  it.add(numbered(2));
  CHECK_FALSE(it.closed());
  it.add(numbered(3));
  CHECK(it.closed());
  CHECK(it.types() == 0);
  CHECK_FALSE(it.wants(notice_of(notice_type::heartbeat)));
  auto answer = it.take(1);
  CHECK(sequences(answer) == sequence_list{1});
  CHECK(answer.missed == 1);
  CHECK_FALSE(it.empty());
  CHECK(sequences(it.take(1)) == sequence_list{2});
  CHECK(it.empty());
  CHECK(it.closed());
}

TEST_CASE("notices are shared between subscriptions") {
  auto one = bounded(1, overflow_policy::drop_oldest);
  auto other = bounded(1, overflow_policy::drop_oldest);
  auto what = numbered(1);
  one.add(what);
  other.add(what);
  CHECK(what.use_count() == 3);
  one.take(1);
  CHECK(what.use_count() == 2);
  other.add(numbered(2)); // drops it
  CHECK(what.use_count() == 1);
}

TEST_CASE("an answer holds a bounded amount of text, but at least one notice") {
  auto it = bounded(10, overflow_policy::drop_oldest);
  for (auto mebibytes : {3u, 1u, 1u, 9u, 1u})
    it.add(with_output(std::size_t{mebibytes} << 20));
  CHECK(it.take(10).items.size() == 2);
  CHECK(it.take(10).items.size() == 1);
  CHECK(it.take(10).items.size() == 1); // larger than the bound by itself
  CHECK(it.take(10).items.size() == 1);
  CHECK(it.take(10).items.empty());
}

TEST_CASE("every short history of adding and taking goes as the model says") {
  constexpr int length = 7;
  constexpr int choices = 4; // add, add two, take one, take two
  int histories = 1;
  for (int i = 0; i < length; ++i)
    histories *= choices;
  for (auto overflow :
       {overflow_policy::drop_oldest, overflow_policy::drop_newest, overflow_policy::close})
    for (std::int32_t limit = 1; limit <= 3; ++limit) {
      bool good = true;
      for (int history = 0; history < histories; ++history) {
        auto it = bounded(limit, overflow);
        model expected{static_cast<std::size_t>(limit), overflow, {}};
        std::uint64_t sequence = 0;
        auto add = [&] {
          auto what = numbered(++sequence);
          if (it.wants(*what))
            it.add(what);
          expected.add(sequence);
        };
        auto take = [&](std::size_t most) {
          auto answer = it.take(most);
          return std::pair{sequences(answer), answer.missed} == expected.take(most);
        };
        for (int rest = history, step = 0; step < length; ++step, rest /= choices) {
          switch (rest % choices) {
          case 0: add(); break;
          case 1: add(), add(); break;
          case 2: good = good && take(1); break;
          default: good = good && take(2); break;
          }
          good = good && it.size() == expected.waiting.size() &&
                 it.empty() == expected.waiting.empty() && it.closed() == expected.closed &&
                 it.delivered() == expected.delivered && it.missed() == expected.missed;
        }
        if (!good) {
          INFO("limit " << limit << ", " << to_string(overflow) << ", history " << history);
          REQUIRE(good);
        }
      }
    }
}
