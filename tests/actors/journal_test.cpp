// SPDX-License-Identifier: MIT
#include "actors/archive.hpp"
#include "actors/task_records.hpp"
#include "durable_server.hpp"
#include "messages/packed.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

std::uint8_t number_of(task_status status) {
  return static_cast<std::uint8_t>(status);
}

} // namespace

TEST_CASE("nobody hears of a task, or of its end, before it is on disk") {
  durable_server s;
  s.spawn("build");
  std::optional<pending<task_accepted>> accepted;
  bool looked = false;
  s.disk->before_write = [&] { looked = looked || (accepted && !accepted->has_come()); };
  accepted.emplace(s.submit("build", "make"));
  auto task = accepted->value();
  CHECK(task.durability == durability::sync);
  REQUIRE(s.kept(task.task).has_value());
  CHECK_FALSE(s.kept(task.task)->ended_at.has_value());

  auto answer = s.ask<task_result>(s.control, wait_task{task.task});
  bool came_too_early = false;
  s.disk->before_write = [&] { came_too_early = came_too_early || answer.has_come(); };
  s.finish("make", exit_with(3, "half\n"));
  CHECK_FALSE(came_too_early);
  CHECK(answer.value().exit_code == 3);
  auto kept = s.kept(task.task);
  REQUIRE(kept.has_value());
  CHECK(kept->ended_at.has_value());
  CHECK(kept->status == number_of(task_status::failed));
  CHECK(kept->output == "half\n");
}

TEST_CASE("the end of a process is settled when it is on disk, and not before") {
  durable_server s;
  s.spawn("build");
  auto answer = s.execute("build", "make");
  std::vector<std::string> before;
  s.disk->before_write = [&] { before = s.runner->settled(); };
  s.finish("make");
  CHECK(before.empty());
  CHECK(s.runner->settled() == std::vector{answer.value().task.str() + ".1"});
}

TEST_CASE("a task that runs for a while is in the journal as one that runs") {
  durable_server s;
  s.spawn("build");
  auto task = s.submit("build", "make").value().task;
  CHECK(s.kept(task)->status == number_of(task_status::queued));
  s.advance(30ms);
  CHECK(s.kept(task)->status == number_of(task_status::running));
  CHECK(s.kept(task)->attempt == 1);
  s.finish("make");
}

TEST_CASE("what comes together is written together") {
  durable_server s;
  s.disk->written = 0;
  for (int i = 0; i < 100; ++i) {
    journal_changes changes;
    changes.changes.emplace_back(store::pool_opened{pool_id{"p" + std::to_string(i)}, "record"});
    caf::anon_send(s.journal, changes);
  }
  s.run();
  CHECK(s.disk->written == 1);
  CHECK(s.open()->pools().value().records.size() == 100);
}

TEST_CASE("what cannot be written is not accepted, and does not run on") {
  durable_server s;
  s.spawn("build");
  s.disk->fails = true;
  auto refused = s.submit("build", "make", "once");
  CHECK(refused.failure().code == errc::io_failed);
  CHECK_THAT(refused.failure().message, ContainsSubstring("no space"));
  CHECK(s.was_stopped("make"));
  s.disk->fails = false;
  s.finish("make");
  s.advance(2s);
  CHECK(s.open()->list({}).value().records.empty());
  // Its key is free.
  auto accepted = s.submit("build", "make again", "once");
  CHECK(accepted.value().status == task_status::queued);
  s.finish("make again");
}

TEST_CASE(
    "an end that cannot be written is kept until it can, and nothing is accepted until then") {
  durable_server s;
  s.spawn("build", 2);
  auto answer = s.execute("build", "make");
  s.disk->fails = true;
  s.finish("make", exit_with(0, "made"));
  CHECK_FALSE(answer.has_come());
  CHECK(s.submit("build", "test").failure().code == errc::io_failed);
  s.advance(5s);
  CHECK_FALSE(answer.has_come());
  s.disk->fails = false;
  s.advance(1s);
  CHECK(answer.value().output.str() == "made");
  CHECK(s.submit("build", "test").value().durability == durability::sync);
  s.finish("test");
}

TEST_CASE("a task that was waiting is said to be cancelled when that is on disk") {
  durable_server s;
  s.spawn("build");
  s.submit("build", "make").value();
  auto waiting = s.submit("build", "test").value().task;
  s.disk->fails = true;
  auto cancelled = s.ask<task_cancelled>(s.control, cancel_task{waiting});
  auto again = s.ask<task_cancelled>(s.control, cancel_task{waiting});
  CHECK_FALSE(cancelled.has_come());
  CHECK_FALSE(again.has_come());
  s.disk->fails = false;
  s.advance(1s);
  CHECK(cancelled.value().status == task_status::cancelled);
  CHECK(again.value().status == task_status::cancelled);
  CHECK(s.kept(waiting)->status == number_of(task_status::cancelled));
  s.finish("make");
}

TEST_CASE("that a running task is to end is on disk when it is said") {
  durable_server s;
  s.spawn("build");
  auto running = s.submit("build", "make").value().task;
  s.disk->fails = true;
  auto cancelled = s.ask<task_cancelled>(s.control, cancel_task{running});
  CHECK_FALSE(cancelled.has_come());
  s.disk->fails = false;
  s.advance(1s);
  CHECK(cancelled.value().status == task_status::running);
  auto kept = s.kept(running);
  REQUIRE(kept.has_value());
  CHECK(records::restored(*kept, 0).value().cancelled);
  s.finish("make");
}

TEST_CASE("a second request with a key is accepted when the first one is") {
  durable_server s;
  s.spawn("build");
  s.disk->fails = true;
  bool looked = false;
  std::optional<pending<task_accepted>> second;
  // Only one of the two reaches the disk.
  auto first = s.submit_later("build", "make", "once");
  second.emplace(s.submit_later("build", "make", "once"));
  s.disk->before_write = [&] { looked = true; };
  s.run();
  CHECK(looked);
  CHECK(first.failure().code == errc::io_failed);
  CHECK(second->failure().code == errc::io_failed);
  s.disk->fails = false;
  s.finish("make");
  s.advance(2s);
  first = s.submit_later("build", "make again", "once");
  second.emplace(s.submit_later("build", "make again", "once"));
  s.run();
  CHECK(first.value().task == second->value().task);
  CHECK(second->value().durability == durability::sync);
  s.finish("make again");
  CHECK(s.submit("build", "make again", "once").value().status == task_status::completed);
}

TEST_CASE("a task that has ended can be run again as another one") {
  durable_server s;
  s.spawn("build");
  auto first = s.submit("build", "make", "once").value().task;
  CHECK_THAT(s.ask<task_accepted>(s.control, retry_task{first}).failure().message,
             ContainsSubstring("has not ended"));
  s.finish("make", exit_with(1, "half"));
  auto second = s.ask<task_accepted>(s.control, retry_task{first}).value().task;
  CHECK(second != first);
  auto about = s.ask<task_info>(s.control, describe_task{second}).value();
  CHECK(about.spec->prompt.str() == "make");
  CHECK(about.spec->metadata.at("retry_of") == first.str());
  CHECK(about.spec->idempotency_key.empty());
  s.runner->finish(s.runner->started().back().handle, {});
  s.run();
  CHECK(s.ask<task_accepted>(s.control, retry_task{{1, 1}}).failure().code == errc::not_found);
}

TEST_CASE("a list goes on where its last page ended, wherever the tasks are") {
  durable_server s;
  s.spawn("build");
  std::vector<task_id> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(s.submit("build", "t" + std::to_string(i)).value().task);
    s.finish("t" + std::to_string(i));
  }
  std::vector<task_id> seen;
  list_tasks wish;
  wish.limit = 2;
  for (;;) {
    auto page = s.ask<task_list>(s.control, wish).value();
    CHECK(page.problems.empty());
    if (page.tasks.empty())
      break;
    for (const auto& each : page.tasks)
      seen.push_back(each.task);
    wish.before = seen.back();
  }
  std::ranges::reverse(seen);
  CHECK(seen == all);
}

TEST_CASE("what is in no hurry is kept when it cannot be written, and nothing new is accepted") {
  durable_server s;
  pool_config wish;
  wish.name = "quick";
  wish.durability = durability::async;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  s.disk->fails = true;
  auto task = s.submit("quick", "a").value().task;
  s.advance(50ms);
  CHECK(s.submit("quick", "b").failure().code == errc::io_failed);
  s.finish("a");
  s.disk->fails = false;
  s.advance(1s);
  REQUIRE(s.kept(task).has_value());
  CHECK(s.kept(task)->ended_at.has_value());
  CHECK(s.runner->settled() == std::vector{task.str() + ".1"});
}

TEST_CASE("with much that waits for the disk, what is in no hurry waits as well") {
  durable_server s;
  journal_options how;
  how.own_thread = false;
  how.most_waiting = 1;
  auto journal = s.another_journal(how);
  journal_tasks one;
  one.haste = journal_haste::soon;
  one.opened.emplace_back(store::task_opened{{1, 1}, pool_id{"p"}, 0, 0, {}, {}});
  auto first = s.ask<journal_written>(journal, one);
  CHECK(first.has_come());
  one.opened = {store::task_opened{{1, 2}, pool_id{"p"}, 0, 0, {}, {}}};
  auto second = s.ask<journal_written>(journal, one);
  CHECK_FALSE(second.has_come());
  s.advance(50ms);
  CHECK(second.has_come());
  CHECK(s.kept({1, 2}).has_value());
  caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
}

TEST_CASE("a pool that is closed is in the journal no more, and one that is left is") {
  durable_server s;
  s.spawn("build");
  s.spawn("night");
  auto running = s.submit("night", "long").value().task;
  auto queued = s.submit("night", "longer").value().task;
  s.ask<pool_closed>(s.control, close_pool{"build", false}).value();
  s.ask<pools_closed>(s.control, close_all_pools{true}).value();
  CHECK_FALSE(s.was_stopped("long"));
  auto pools = s.open()->pools();
  REQUIRE(pools.has_value());
  CHECK(pools->records.size() == 1);
  CHECK(s.kept(running)->status == number_of(task_status::running));
  CHECK(s.kept(queued)->status == number_of(task_status::queued));
}

TEST_CASE("to how many workers a pool was scaled is on disk when it is said") {
  durable_server s;
  s.spawn("build", 1);
  auto first_workers = [&] {
    auto kept = s.open()->pools().value().records;
    REQUIRE(kept.size() == 1);
    return packed::to<pool_config>(kept[0].record).value().first_workers();
  };
  CHECK(first_workers() == 1);
  s.disk->fails = true;
  auto scaled = s.ask<pool_scaled>(s.control, scale_pool{"build", 3});
  CHECK_FALSE(scaled.has_come());
  CHECK(first_workers() == 1);
  s.disk->fails = false;
  s.advance(1s);
  CHECK(scaled.value().actual_workers == 3);
  CHECK(first_workers() == 3);
  CHECK(s.ask<pool_description>(s.control, describe_pool{"build"}).value().config.start_workers ==
        3);
  CHECK(s.ask<pool_scaled>(s.control, scale_pool{"build", 300}).failure().code ==
        errc::invalid_argument);
  CHECK(first_workers() == 3);
}

TEST_CASE("a pool that is closed while it is scaled does not come back") {
  durable_server s;
  s.spawn("build", 1);
  auto scaled = s.ask_later<pool_scaled>(s.control, scale_pool{"build", 3});
  auto closed = s.ask_later<pool_closed>(s.control, close_pool{"build", false});
  s.run();
  CHECK(closed.has_come());
  CHECK(scaled.has_come());
  CHECK(s.open()->pools().value().records.empty());
}

TEST_CASE("when the next attempt begins is in the journal") {
  durable_server s;
  s.spawn("build");
  auto spec = task_of("make");
  spec.retry.max_attempts = 2;
  spec.retry.delay = 60s;
  auto task = s.ask<task_accepted>(s.control, submit_task{spec, "build", {}, {}}).value().task;
  s.advance(2s);
  s.finish("make", exit_with(1));
  s.advance(1s);
  auto kept = s.kept(task);
  REQUIRE(kept.has_value());
  auto found = records::restored(*kept, kept->opened_at).value();
  REQUIRE(found.steps.back().status == task_status::parked);
  auto delay = found.next_attempt - found.steps.back().after;
  CHECK(delay > 0s);
  s.advance(std::chrono::ceil<std::chrono::milliseconds>(delay) - 1002ms);
  CHECK(s.runner->started().size() == 1);
  s.advance(2ms);
  REQUIRE(s.runner->started().size() == 2);
  s.runner->finish(s.runner->started().back().handle);
  s.run();
}

TEST_CASE("what another pool has of a task when the server goes ends, and the task waits again") {
  for (auto lasts : {durability::none, durability::sync}) {
    INFO(to_string(lasts));
    durable_server s;
    s.spawn("first");
    pool_config second;
    second.name = "second";
    second.durability = lasts;
    s.ask<pool_spawned>(s.control, spawn_pool{second}).value();
    auto one = s.submit("first", "one").value().task;
    submit_task wish;
    wish.spec = task_of("two");
    wish.selector = "round_robin";
    auto two = s.ask<task_accepted>(s.control, wish).value().task;
    REQUIRE(s.prompts() == std::vector<std::string>{"one", "two"}); // handed over
    auto closed = s.ask<pools_closed>(s.control, close_all_pools{true});
    CHECK(s.was_stopped("two"));
    CHECK_FALSE(s.was_stopped("one"));
    s.finish("two", exit_with(143));
    CHECK(closed.has_come());
    CHECK(s.kept(one)->status == number_of(task_status::running));
    CHECK(s.kept(two)->status == number_of(task_status::queued));
  }
}

TEST_CASE("a pool may have it otherwise, and the answer says so") {
  durable_server s;
  pool_config wish;
  wish.name = "quick";
  wish.durability = durability::async;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  auto task = s.submit("quick", "a").value();
  CHECK(task.durability == durability::async);
  CHECK_FALSE(s.kept(task.task).has_value());
  s.advance(50ms);
  CHECK(s.kept(task.task).has_value());
  s.finish("a");

  wish.name = "forgetful";
  wish.durability = durability::none;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  task = s.submit("forgetful", "b").value();
  s.finish("b");
  s.advance(1s);
  CHECK(task.durability == durability::none);
  CHECK_FALSE(s.kept(task.task).has_value());
}

TEST_CASE("old tasks are forgotten step by step, and open ones never") {
  durable_server s;
  {
    auto store = s.open();
    std::vector<store::change> changes;
    auto age = std::chrono::milliseconds{48h}.count();
    auto now = still_clock::since_epoch.count();
    for (std::uint64_t i = 1; i <= 1000; ++i) {
      store::task_opened task;
      task.task = task_id{1, i};
      task.pool = pool_id{"gone"};
      task.at = now - age;
      changes.emplace_back(task);
      if (i == 500)
        continue;
      store::task_ended end;
      end.task = task.task;
      end.status = number_of(task_status::completed);
      end.at = i <= 900 ? now - age : now;
      changes.emplace_back(end);
    }
    REQUIRE(store->apply(changes));
  }
  journal_options how;
  how.own_thread = false;
  how.keep_for = 24h;
  how.clock = s.clock;
  auto journal = s.another_journal(how);
  s.advance(20ms);
  auto left = [&] {
    store::task_filter all;
    all.limit = 2000;
    return s.open()->list(all).value().records.size();
  };
  CHECK(left() > 101); // not all at once
  for (int i = 0; i < 10; ++i)
    s.advance(20ms);
  CHECK(left() == 101);
  CHECK(s.kept({1, 500}).has_value());
  CHECK_FALSE(s.kept({1, 1}).has_value());
  caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
}
