// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server with somebody who listens to everything.
struct listened_server : running_server {
  listened_server() { subscription = ask<subscribed>(control, subscribe{}).value().subscription; }

  std::vector<notice> heard() {
    return ask<notices>(control, receive_notices{subscription, 1000, 0ms}).value().items;
  }

  std::vector<notice> heard(notice_type type) {
    auto all = heard();
    std::erase_if(all, [&](const notice& each) { return each.type() != type; });
    return all;
  }

  std::int64_t received_by(const std::string& pool) {
    return ask<pool_description>(control, describe_pool{pool}).value().metrics.notices_received;
  }

  std::uint64_t subscription = 0;
};

} // namespace

TEST_CASE("pools that come and go are told to everybody, the other pools included") {
  listened_server s;
  auto a = s.spawn("a");
  auto b = s.spawn("b");
  auto created = s.heard(notice_type::pool_created);
  REQUIRE(created.size() == 2);
  CHECK(created[0].source == a.pool);
  CHECK(std::get<bus::pool_created>(created[1].payload).config.name == "b");
  CHECK(created[1].timestamp.count() > 0);
  auto before = s.received_by("a");
  s.ask<pool_closed>(s.control, close_pool{"b"}).value();
  auto closed = s.heard(notice_type::pool_closed);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].source == b.pool);
  CHECK(s.received_by("a") > before);
}

TEST_CASE("how a task ended is told") {
  listened_server s;
  auto pool = s.spawn("a");
  auto task = s.execute("a", "x");
  s.finish("x", exit_with(3, "out"));
  auto told = s.heard(notice_type::task_completed);
  REQUIRE(told.size() == 1);
  CHECK(told[0].source == pool.pool);
  CHECK(std::get<bus::task_completed>(told[0].payload).result == task.value());
}

TEST_CASE("a pool tells that it is alive, and how it stands") {
  listened_server s;
  auto pool = s.spawn("a", 2);
  auto started = s.heard(notice_type::status_update);
  REQUIRE(started.size() == 1);
  CHECK(std::get<bus::status_update>(started[0].payload).status == pool_status::running);
  s.advance(30s);
  auto beats = s.heard(notice_type::heartbeat);
  REQUIRE(beats.size() == 1);
  CHECK(beats[0].source == pool.pool);
  CHECK(std::get<bus::heartbeat>(beats[0].payload).workers == 2);
}

TEST_CASE("a pool with too much to do hands tasks to one that idles, which shares the result") {
  listened_server s;
  auto a = s.spawn("a", 1);
  auto b = s.spawn("b", 1);
  auto on_b = s.execute("b", "blocks b"); // named: stays
  auto r1 = s.route("1", "round_robin");  // to a
  auto r2 = s.route("2", "round_robin");  // to b, which is busy: a has no room either
  CHECK(s.prompts() == std::vector<std::string>{"blocks b", "1"});
  s.finish("1"); // now a has room
  CHECK(s.prompts().back() == "2");
  auto delegated = s.heard(notice_type::task_delegate);
  REQUIRE(delegated.size() == 1);
  CHECK(delegated[0].source == b.pool);
  CHECK(delegated[0].target == a.pool);
  s.finish("2", exit_with(0, "done elsewhere"));
  CHECK(r2.value().pool == a.pool);
  CHECK(r2.value().output.str() == "done elsewhere");
  auto shared = s.heard(notice_type::result_share);
  REQUIRE(shared.size() == 1);
  CHECK(shared[0].source == a.pool);
  CHECK(shared[0].target == b.pool);
  auto metrics_of = [&](const char* pool) {
    return s.ask<pool_description>(s.control, describe_pool{pool}).value().metrics;
  };
  CHECK(metrics_of("b").tasks_delegated == 1);
  CHECK(metrics_of("a").tasks_adopted == 1);
  auto about = s.ask<task_info>(s.control, describe_task{r2.value().task}).value();
  CHECK(about.pool == b.pool); // it belongs to the pool that was asked first
  CHECK_THAT(about.history[1].reason, ContainsSubstring(a.pool.value));
  s.finish("blocks b");
  // The loads are right again: the next tasks alternate.
  auto x = s.route("x", "round_robin");
  auto y = s.route("y", "round_robin");
  CHECK(s.prompts().back() == "y");
}

TEST_CASE("a task that was handed over can be cancelled, and survives the pool that had it") {
  listened_server s;
  s.spawn("a", 1);
  s.spawn("b", 1);
  auto on_b = s.execute("b", "blocks b");
  auto on_a = s.execute("a", "blocks a");
  auto r1 = s.route("1", "round_robin");
  auto r2 = s.route("2", "round_robin");
  CHECK(s.prompts().size() == 2);
  s.finish("blocks a"); // a takes its own first
  s.finish("1");
  REQUIRE(s.prompts().back() == "2"); // b's, on a
  s.ask<pool_closed>(s.control, close_pool{"a"});
  CHECK(s.was_stopped("2"));
  s.finish("2", exit_with(143));
  s.finish("blocks b");
  // The pool that closed cancelled it; that is how it ended.
  CHECK(r2.has_come());
}

TEST_CASE("a notice reaches the pool that it is for, and without one all of them") {
  listened_server s;
  auto a = s.spawn("a");
  s.spawn("b");
  auto of_a = s.received_by("a");
  auto of_b = s.received_by("b");
  notice what;
  what.target = a.pool;
  what.payload = bus::result_share{};
  s.ask<published>(s.control, publish{what}).value();
  CHECK(s.received_by("a") == of_a + 1);
  CHECK(s.received_by("b") == of_b);
  what.target = {};
  what.payload = bus::heartbeat{};
  auto sequence = s.ask<published>(s.control, publish{what}).value().sequence;
  CHECK(s.received_by("a") == of_a + 2);
  CHECK(s.received_by("b") == of_b + 1);
  CHECK(s.heard().back().sequence == sequence);
  what.target = pool_id{"nope"};
  CHECK(s.ask<published>(s.control, publish{what}).failure().code == errc::not_found);
  what.target = {};
  what.payload = bus::task_delegate{};
  CHECK(s.ask<published>(s.control, publish{what}).failure().code == errc::invalid_argument);
}

TEST_CASE("one run of the product sends notices of all seven types") {
  listened_server s;
  s.spawn("a", 1);
  s.spawn("b", 1);
  auto on_b = s.execute("b", "blocks b");
  auto r1 = s.route("1", "round_robin");
  auto r2 = s.route("2", "round_robin");
  s.finish("1");
  s.finish("2");
  s.finish("blocks b");
  s.advance(30s);
  s.ask<pool_closed>(s.control, close_pool{"a"}).value();
  std::set<notice_type> types;
  for (const auto& each : s.heard())
    types.insert(each.type());
  CHECK(types.size() == 7);
}
