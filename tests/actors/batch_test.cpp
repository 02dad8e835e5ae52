// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

execute_batch batch_of(std::initializer_list<const char*> prompts, const std::string& pool = {}) {
  execute_batch batch;
  for (const auto* each : prompts)
    batch.tasks.push_back(task_of(each));
  batch.pool = pool;
  return batch;
}

} // namespace

TEST_CASE(
    "more tasks than workers is the normal case, and results come in the order of the tasks") {
  running_server s;
  s.spawn("build", 2);
  auto batch = s.ask<batch_result>(s.control, batch_of({"a", "b", "c", "d", "e"}, "build"));
  CHECK(s.prompts() == std::vector<std::string>{"a", "b"});
  s.finish("b", exit_with(0, "of b"));
  s.finish("c", exit_with(3));
  s.finish("a", exit_with(0, "of a"));
  s.finish("e", exit_with(0, "of e"));
  CHECK_FALSE(batch.has_come());
  s.finish("d", exit_with(0, "of d"));
  auto results = batch.value().results;
  REQUIRE(results.size() == 5);
  CHECK(results[0].output.str() == "of a");
  CHECK(results[1].output.str() == "of b");
  CHECK(results[2].status == task_status::failed);
  CHECK(results[2].exit_code == 3);
  CHECK(results[3].output.str() == "of d");
  CHECK(results[4].output.str() == "of e");
}

TEST_CASE("a batch without a pool is spread over the pools") {
  running_server s;
  auto a = s.spawn("a", 1);
  auto b = s.spawn("b", 1);
  auto batch = s.ask<batch_result>(s.control, batch_of({"1", "2", "3", "4"}));
  CHECK(s.prompts().size() == 2);
  for (const auto* each : {"1", "2", "3", "4"})
    s.finish(each);
  std::map<pool_id, int> count;
  for (const auto& each : batch.value().results)
    ++count[each.pool];
  CHECK(count[a.pool] == 2);
  CHECK(count[b.pool] == 2);
}

TEST_CASE("a batch that is larger than the queue of its pool loses nothing") {
  running_server s;
  s.spawn("build", 1, 2);
  execute_batch wish;
  wish.pool = "build";
  for (int i = 0; i < 20; ++i)
    wish.tasks.push_back(task_of("t" + std::to_string(i)));
  auto batch = s.ask<batch_result>(s.control, wish);
  std::size_t finished = 0;
  for (int rounds = 0; rounds < 1000 && !batch.has_come(); ++rounds) {
    if (auto started = s.prompts(); started.size() > finished)
      s.finish(started[finished++]);
    else
      s.advance(50ms);
  }
  auto results = batch.value().results;
  REQUIRE(results.size() == 20);
  for (const auto& each : results)
    CHECK(each.status == task_status::completed);
}

TEST_CASE("a batch keeps so many tasks in pools and no more") {
  deterministic s;
  auto options = s.manager_options();
  options.batch_in_flight = 3;
  s.start(options);
  s.spawn("build", 1);
  auto batch = s.ask<batch_result>(s.control, batch_of({"a", "b", "c", "d", "e"}, "build"));
  CHECK(s.info("build").queued == 2);
  for (const auto* each : {"a", "b", "c", "d", "e"}) {
    CHECK(s.info("build").queued + s.info("build").active_workers <= 3);
    s.finish(each);
  }
  CHECK(batch.value().results.size() == 5);
}

TEST_CASE("a bad task of a batch fails alone, and an impossible batch as a whole") {
  running_server s;
  auto early = s.ask<batch_result>(s.control, batch_of({"a"}));
  CHECK(early.failure().code == errc::no_pools);
  s.spawn("build");
  auto batch = s.ask<batch_result>(s.control, batch_of({"a", " ", "c"}));
  s.finish("a");
  s.finish("c");
  auto results = batch.value().results;
  CHECK(results[0].status == task_status::completed);
  CHECK(results[1].status == task_status::failed);
  CHECK_THAT(results[1].error, ContainsSubstring("prompt is empty"));
  CHECK(results[2].status == task_status::completed);
  CHECK(s.ask<batch_result>(s.control, execute_batch{}).failure().code == errc::invalid_argument);
  CHECK(s.ask<batch_result>(s.control, batch_of({"a"}, "nope")).failure().code == errc::not_found);
}

TEST_CASE("who follows a batch gets each result once, as they come") {
  running_server s;
  s.spawn("build", 3);
  auto started =
      s.ask<batch_started>(s.control, start_batch{batch_of({"a", "b", "c"}, "build")}).value();
  CHECK(started.total == 3);
  auto follow = [&](std::int32_t from) {
    return s.ask<batch_news>(s.control, follow_batch{started.batch, from, 100, 10s});
  };
  auto first = follow(0);
  CHECK_FALSE(first.has_come());
  s.finish("b", exit_with(0, "of b"));
  auto news = first.value();
  REQUIRE(news.items.size() == 1);
  CHECK(news.items[0].index == 1);
  CHECK(news.items[0].result.output.str() == "of b");
  CHECK(news.running == 2);
  auto second = follow(news.next);
  s.advance(10s); // nothing new: it hears that, too
  CHECK(second.value().items.empty());
  s.finish("a");
  s.finish("c", exit_with(1));
  auto last = follow(news.next).value();
  CHECK(last.items.size() == 2);
  CHECK(last.done == 3);
  CHECK(last.completed == 2);
  CHECK(last.failed == 1);
  CHECK(follow(0).failure().code == errc::not_found); // all has been told
}

TEST_CASE("a batch that nobody follows is forgotten in time") {
  running_server s;
  s.spawn("build");
  auto started = s.ask<batch_started>(s.control, start_batch{batch_of({"a"})}).value();
  s.finish("a");
  s.advance(601s);
  auto late = s.ask<batch_news>(s.control, follow_batch{started.batch, 0, 100, 0ms});
  CHECK(late.failure().code == errc::not_found);
}

TEST_CASE("cancelling a batch ends what runs and starts no more") {
  running_server s;
  s.spawn("build", 1);
  auto started =
      s.ask<batch_started>(s.control, start_batch{batch_of({"a", "b", "c"}, "build")}).value();
  s.ask<batch_news>(s.control, cancel_batch{started.batch}).value();
  CHECK(s.was_stopped("a"));
  s.finish("a", exit_with(143));
  CHECK(s.prompts() == std::vector<std::string>{"a"});
  auto news = s.ask<batch_news>(s.control, follow_batch{started.batch, 0, 100, 0ms}).value();
  REQUIRE(news.items.size() == 3);
  for (const auto& each : news.items)
    CHECK(each.result.status == task_status::cancelled);
}

TEST_CASE("a batch goes with its requester when its tasks say so") {
  running_server s;
  s.spawn("build", 1);
  execute_batch wish;
  for (const auto* each : {"a", "b"}) {
    auto spec = task_of(each);
    spec.cancel_with_requester = true;
    wish.tasks.push_back(spec);
  }
  auto batch = s.ask<batch_result>(s.control, wish);
  s.kill(batch.asker());
  CHECK(s.was_stopped("a"));
  s.finish("a", exit_with(143));
  CHECK(s.prompts().size() == 1);
}

TEST_CASE("those who wait for a batch hear of the end of its pool") {
  running_server s;
  s.spawn("build", 1);
  auto batch = s.ask<batch_result>(s.control, batch_of({"a", "b"}, "build"));
  s.ask<pool_closed>(s.control, close_pool{"build"});
  s.finish("a", exit_with(143));
  auto results = batch.value().results;
  for (const auto& each : results)
    CHECK(each.status == task_status::cancelled);
}

TEST_CASE("a task with an idempotency key runs once, also within a batch") {
  running_server s;
  s.spawn("build", 3);
  auto spec = task_of("once");
  spec.idempotency_key = "k";
  auto alone = s.ask<task_result>(s.control, route_task{spec, {}, {}});
  execute_batch wish;
  wish.tasks = {spec, task_of("other"), spec};
  auto batch = s.ask<batch_result>(s.control, wish);
  CHECK(s.prompts() == std::vector<std::string>{"once", "other"});
  s.finish("once", exit_with(0, "said once"));
  s.finish("other");
  for (auto i : {0u, 2u})
    CHECK(batch.value().results[i].task == alone.value().task);
  auto again = s.ask<task_accepted>(s.control, submit_task{spec, {}, {}, {}}).value();
  CHECK(again.task == alone.value().task);
  CHECK(again.status == task_status::completed);
  spec.prompt = "something else";
  auto clash = s.ask<task_result>(s.control, route_task{spec, {}, {}});
  CHECK(clash.failure().code == errc::invalid_argument);
  CHECK_THAT(clash.failure().message, ContainsSubstring("'k'"));
}
