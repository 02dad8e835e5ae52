// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("the result of a task carries who ran it and how it ended") {
  running_server s;
  auto pool = s.spawn("build");
  auto answer = s.execute("build", "make");
  CHECK_FALSE(answer.has_come());
  s.advance(2s);
  s.finish("make", exit_with(3, "half\n"));

  const auto& result = answer.value();
  CHECK(result.status == task_status::failed);
  CHECK(result.exit_code == 3);
  CHECK(result.output.str() == "half\n");
  CHECK(result.error == "exited with code 3");
  CHECK(result.duration == 2s);
  CHECK(result.pool == pool.pool);
  CHECK(result.worker == s.workers.front().first);
  CHECK(result.task.str().size() == 31);
}

TEST_CASE("a process knows its task, its pool and its worker") {
  running_server s;
  auto pool = s.spawn("build");
  auto answer = s.execute("build", "env");
  auto environment = s.runner->started().front().spec.environment;
  std::map<std::string, std::string> seen(environment.begin(), environment.end());
  s.finish("env");
  CHECK(seen["MAHAVISHNU_TASK_ID"] == answer.value().task.str());
  CHECK(seen["MAHAVISHNU_POOL_ID"] == pool.pool.value);
  CHECK(seen["MAHAVISHNU_WORKER_ID"] == answer.value().worker.value);
}

TEST_CASE("tasks start in the order of arrival, as many at once as there are workers") {
  running_server s;
  s.spawn("build", 2);
  auto a = s.execute("build", "a");
  auto b = s.execute("build", "b");
  auto c = s.execute("build", "c");
  auto d = s.execute("build", "d");
  CHECK(s.prompts() == std::vector<std::string>{"a", "b"});
  CHECK(s.info("build").active_workers == 2);
  CHECK(s.info("build").queued == 2);
  s.finish("b");
  CHECK(s.prompts() == std::vector<std::string>{"a", "b", "c"});
  s.finish("a");
  s.finish("c");
  s.finish("d");
  for (const auto& each : {a, b, c, d})
    CHECK(each.value().status == task_status::completed);
  CHECK(s.info("build").tasks_completed == 4);
}

TEST_CASE("a full queue refuses at once and names the pool and the limit") {
  running_server s;
  s.spawn("build", 1, 2);
  auto running = s.execute("build", "a");
  auto b = s.execute("build", "b");
  auto c = s.execute("build", "c");
  auto refused = s.execute("build", "d");
  CHECK(refused.failure().code == errc::pool_full);
  CHECK_THAT(refused.failure().message, ContainsSubstring("'build'") && ContainsSubstring("2"));
  s.finish("a");
  CHECK_FALSE(s.execute("build", "e").has_come()); // there is room again
}

TEST_CASE("a task is ended when its time is over, counted from its start") {
  running_server s;
  s.spawn("build");
  auto first = s.execute("build", "first");
  auto second = s.execute("build", "second");
  s.advance(200s);
  s.finish("first");
  s.advance(299s); // more than 300 s since its arrival, less since its start
  CHECK_FALSE(s.was_stopped("second"));
  s.advance(1s);
  CHECK(s.was_stopped("second"));
  CHECK_FALSE(second.has_come()); // not before the process is gone
  exec::process_exit killed;
  killed.exit_code = 143;
  killed.signal = 15;
  s.finish("second", killed);
  CHECK(second.value().status == task_status::timed_out);
  CHECK(second.value().error == "ended after its time-out of 300 s");
  CHECK(second.value().exit_code == 143);
}

TEST_CASE("the clock of an earlier task does not end a later one") {
  running_server s;
  s.spawn("build");
  auto first = s.execute("build", "first");
  s.advance(299s);
  s.finish("first");
  auto second = s.execute("build", "second");
  s.advance(2s);
  CHECK_FALSE(s.was_stopped("second"));
}

TEST_CASE("a task that goes with its requester is ended when the requester goes") {
  running_server s;
  s.spawn("build");
  auto running = s.execute("build", "running", true);
  auto queued = s.execute("build", "queued", true);
  auto other = s.execute("build", "other");
  s.kill(queued.asker());
  CHECK(s.info("build").queued == 1);
  s.kill(running.asker());
  CHECK(s.was_stopped("running"));
  s.finish("running", exit_with(143));
  s.finish("other");
  CHECK(other.value().status == task_status::completed);
  CHECK(s.prompts() == std::vector<std::string>{"running", "other"});
}

TEST_CASE("a task outlives a requester that does not take it along") {
  running_server s;
  s.spawn("build");
  auto running = s.execute("build", "running");
  s.kill(running.asker());
  CHECK_FALSE(s.was_stopped("running"));
}

TEST_CASE("a worker that dies is replaced and its task is reported as lost") {
  running_server s;
  s.spawn("build");
  auto lost = s.execute("build", "lost");
  auto next = s.execute("build", "next");
  s.kill(s.workers.front().second);
  CHECK(lost.value().status == task_status::lost);
  CHECK(lost.value().exit_code == -1);
  CHECK(s.was_stopped("lost")); // no process without a worker
  CHECK(s.info("build").workers == 1);
  s.finish("next");
  CHECK(next.value().status == task_status::completed);
  CHECK(next.value().worker != lost.value().worker);
}

TEST_CASE("a pool that closes refuses what waits, ends what runs, and then answers") {
  running_server s;
  s.spawn("build");
  auto running = s.execute("build", "running");
  auto queued = s.execute("build", "queued");
  auto closed = s.ask<pool_closed>(s.control, close_pool{"build"});
  CHECK(queued.value().status == task_status::cancelled);
  CHECK_THAT(queued.value().error, ContainsSubstring("'build' was closed"));
  CHECK(s.was_stopped("running"));
  CHECK_FALSE(closed.has_come());
  CHECK(s.execute("build", "late").failure().code == errc::not_found);
  s.finish("running", exit_with(143));
  CHECK(running.value().status == task_status::cancelled);
  CHECK(closed.value().status == "closed");
}

TEST_CASE("those who wait for a pool that dies hear of it") {
  running_server s;
  caf::strong_actor_ptr victim;
  auto options = s.manager_options();
  options.make_pool = [&](caf::actor_system& system, const pool_options& wish,
                          const pool_listener_actor& listener) {
    auto pool = spawn_pool_actor(system, wish, listener);
    victim = caf::actor_cast<caf::strong_actor_ptr>(pool);
    return pool;
  };
  s.start(std::move(options));
  s.spawn("build");
  auto running = s.execute("build", "running");
  auto queued = s.execute("build", "queued");
  s.kill(victim);
  CHECK(running.failed());
  CHECK(queued.failed());
  CHECK(s.was_stopped("running"));
  CHECK(s.execute("build", "x").failure().code == errc::not_found);
}

TEST_CASE("a pool does not outlive its manager") {
  running_server s;
  s.spawn("build");
  auto running = s.execute("build", "running");
  s.kill(s.manager);
  CHECK(s.was_stopped("running"));
}

TEST_CASE("who waits for the acceptance of a task hears when the task ends without") {
  running_server s;
  pool_config wish;
  wish.name = "build";
  wish.min_workers = 1;
  wish.queue_limit = 1;
  wish.when_full = full_policy::wait;
  wish.wait_limit = 60s;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  auto running = s.execute("build", "running");
  auto queued = s.execute("build", "queued");
  task_spec spec;
  spec.prompt = "hurry";
  spec.deadline = 5s;
  auto too_late = s.ask<task_accepted>(s.control, submit_task{shared_spec{spec}, "build", {}, {}});
  CHECK_FALSE(too_late.has_come());
  s.advance(6s);
  CHECK(too_late.value().status == task_status::timed_out);
  spec.deadline = 0s;
  auto cancelled = s.ask<task_accepted>(s.control, submit_task{shared_spec{spec}, "build", {}, {}});
  CHECK_FALSE(cancelled.has_come());
  auto waiting =
      s.ask<task_list>(s.control, list_tasks{"build", "parked", 10, {}, {}}).value().tasks;
  REQUIRE(waiting.size() == 1);
  s.ask<task_cancelled>(s.control, cancel_task{waiting.front().task}).value();
  CHECK(cancelled.value().status == task_status::cancelled);
  s.finish("running");
  s.finish("queued");
}
