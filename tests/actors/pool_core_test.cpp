// SPDX-License-Identifier: MIT
#include "actors/pool_core.hpp"
#include "actors/pool_rules.hpp"
#include "support/catch.hpp"
#include "support/tasks.hpp"

#include <map>
#include <set>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

/// A core, and all that it wanted done.
struct bench final : pool_effects {
  struct running {
    std::uint32_t worker;
    task_run run;
  };

  explicit bench(pool_config wish = {}, std::vector<restored_task> left = {}) {
    if (wish.worker_type.empty())
      wish.worker_type = "noop";
    auto config = complete(wish, {}, {{"noop", {100, {}}}});
    REQUIRE(config.has_value());
    core.emplace(pool_core_options{pool_id{"pool_1"}, *config, 5s, 1000, test::seed()}, *this);
    if (!left.empty())
      core->restore(std::move(left), now);
    while (!core->start_workers(now))
      continue;
  }

  void add_worker(std::uint32_t worker) override { CHECK(workers.insert(worker).second); }
  void drop_worker(std::uint32_t worker) override { CHECK(workers.erase(worker) == 1); }
  void kill_worker(std::uint32_t worker) override {
    killed.push_back(worker);
    workers.erase(worker);
  }
  void run(std::uint32_t worker, std::vector<task_run> runs) override {
    CHECK(workers.contains(worker));
    for (auto& each : runs)
      out.push_back({worker, std::move(each)});
  }
  void stop(std::uint32_t, const task_id& task, std::int32_t) override { stopped.insert(task); }
  void stop_delegated(const task_id& task) override { stopped_elsewhere.insert(task); }
  void accepted(const pool_task& its) override { taken.insert(its.id); }
  void refused(requester_number, const task_id& task, const error& why) override {
    refusals.emplace(task, why);
  }
  void cancel_asked(const pool_task& its) override { cancels.push_back(its.id); }
  void moved(const pool_task& its) override { moves.emplace_back(its.id, its.machine.status()); }
  void ended(const pool_task& its, const task_result& how) override {
    if (its.goes_on != 0)
      unattended.insert(its.id);
    CHECK(ends.emplace(how.task, how).second); // once
    order.push_back(how.task);
  }
  void status_changed(pool_status, pool_status to, const std::string& why) override {
    statuses.push_back(to);
    reason = why;
  }
  void wake_at(moment when) override { alarm = when; }

  task_id submit(task_spec spec = {}, route_note route = {}) {
    task_id task{1, ++last_task};
    spec.metadata["n"] = std::to_string(last_task);
    core->submit(task, shared_spec{std::move(spec)}, route, 1, now);
    return task;
  }

  /// Ends the oldest run of that task.
  void finish(const task_id& task, task_status how = task_status::completed) {
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i].run.task == task) {
        auto done = out[i];
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
        run_end end;
        end.task = task;
        end.attempt = done.run.attempt;
        end.status = how;
        end.exit_code = how == task_status::completed ? 0 : 1;
        end.duration = 1s;
        end.error = how == task_status::completed ? "" : "bad";
        core->runs_ended({done.worker, {end}}, now);
        return;
      }
    FAIL("the task does not run");
  }

  bool runs(const task_id& task) const {
    return std::ranges::any_of(out, [&](const auto& each) { return each.run.task == task; });
  }

  void kill(std::uint32_t worker) {
    workers.erase(worker);
    std::erase_if(out, [&](const auto& each) { return each.worker == worker; });
    core->worker_down(worker, now);
  }

  /// Lets time pass, with every alarm on the way.
  void pass(std::chrono::nanoseconds time) {
    auto end = now + time;
    while (alarm <= end) {
      now = std::max(now, std::exchange(alarm, moment::max()));
      core->wake(now);
    }
    now = end;
  }

  std::vector<task_status> history(const task_id& task) const {
    std::vector<task_status> steps;
    auto about = *core->describe(task);
    for (const auto& each : about.history)
      steps.push_back(each.status);
    return steps;
  }

  moment now{1h};
  moment alarm = moment::max();
  std::uint64_t last_task = 0;
  std::set<std::uint32_t> workers;
  std::vector<std::uint32_t> killed;
  std::vector<running> out;
  std::set<task_id> stopped, stopped_elsewhere, taken;
  std::map<task_id, error> refusals;
  std::map<task_id, task_result> ends;
  std::vector<std::pair<task_id, task_status>> moves;
  std::vector<task_id> cancels;
  /// Whose processes go on although they have ended.
  std::set<task_id> unattended;
  std::vector<task_id> order;
  std::vector<pool_status> statuses;
  std::string reason;
  std::optional<pool_core> core;
};

pool_config with_workers(std::int32_t least, std::int32_t most = 0) {
  pool_config wish;
  wish.name = "build";
  wish.min_workers = least;
  wish.max_workers = most == 0 ? least : most;
  return wish;
}

using enum task_status;

} // namespace

TEST_CASE("a task runs at once when a worker is free, and waits otherwise") {
  bench b{with_workers(1)};
  auto first = b.submit();
  auto second = b.submit();
  CHECK(b.runs(first));
  CHECK_FALSE(b.runs(second));
  CHECK(b.core->info().queued == 1);
  CHECK(b.core->info().active_workers == 1);
  b.finish(first);
  CHECK(b.runs(second));
  b.finish(second);
  CHECK(b.core->is_empty());
  CHECK(b.history(first) == std::vector{queued, running, completed});
  CHECK(b.ends.at(first).attempts == 1);
  CHECK(b.core->metrics().avg_task_duration == 1s);
  CHECK(b.core->take_departures().count == 2);
}

TEST_CASE("a higher priority leaves the queue first") {
  bench b{with_workers(1)};
  auto first = b.submit();
  task_spec spec;
  auto low = b.submit(spec);
  spec.priority = 5;
  auto high = b.submit(spec);
  b.finish(first);
  CHECK(b.runs(high));
  b.finish(high);
  CHECK(b.runs(low));
}

TEST_CASE("one worker has as many tasks at a time as its concurrency") {
  auto wish = with_workers(2);
  wish.worker_concurrency = 3;
  bench b{wish};
  std::vector<task_id> tasks;
  for (int i = 0; i < 7; ++i)
    tasks.push_back(b.submit());
  CHECK(b.out.size() == 6);
  CHECK(b.core->capacity() == 6);
  std::map<std::uint32_t, int> count;
  for (const auto& each : b.out)
    ++count[each.worker];
  for (const auto& [worker, n] : count)
    CHECK(n == 3);
  b.finish(tasks[0]);
  CHECK(b.runs(tasks[6]));
}

TEST_CASE("several tasks that come together go to a worker in one go") {
  auto wish = with_workers(1);
  wish.worker_concurrency = 10;
  bench b{wish};
  std::vector<shared_spec> specs(10, shared_spec{task_spec{}});
  b.core->submit({1, 1}, specs, {}, std::vector<requester_number>(10, 1), b.now);
  CHECK(b.out.size() == 10);
  tasks_ended all{b.out.front().worker, {}};
  for (const auto& each : b.out) {
    run_end end;
    end.task = each.run.task;
    end.attempt = each.run.attempt;
    end.status = completed;
    all.ends.push_back(end);
  }
  b.core->runs_ended(all, b.now);
  CHECK(b.ends.size() == 10);
  CHECK(b.core->is_empty());
  b.core->runs_ended(all, b.now); // said twice
  CHECK(b.core->metrics().late_results == 10);
}

TEST_CASE("a failed task is tried again after a growing pause, as often as its policy says") {
  auto wish = with_workers(1);
  wish.retry.max_attempts = 3;
  wish.retry.delay = 1s;
  wish.retry.jitter_percent = 0;
  bench b{wish};
  auto task = b.submit();
  b.finish(task, failed);
  CHECK(b.core->status_of(task) == parked);
  CHECK(b.core->metrics().parked == 1);
  b.pass(999ms);
  CHECK_FALSE(b.runs(task));
  b.pass(1ms);
  CHECK(b.runs(task));
  b.finish(task, failed);
  b.pass(1999ms);
  CHECK_FALSE(b.runs(task));
  b.pass(1ms);
  b.finish(task, failed);
  CHECK(b.ends.at(task).status == failed);
  CHECK(b.ends.at(task).attempts == 3);
  CHECK(b.core->metrics().tasks_retried == 2);
  CHECK(b.core->metrics().tasks_failed == 1);
  CHECK(b.history(task) ==
        std::vector{queued, running, parked, queued, running, parked, queued, running, failed});
  auto about = *b.core->describe(task);
  auto reason = about.history[2].reason;
  CHECK_THAT(reason,
             ContainsSubstring("1 of 3") && ContainsSubstring("bad") && ContainsSubstring("1 s"));
}

TEST_CASE("only the failures that the policy names are tried again") {
  auto wish = with_workers(1);
  bench b{wish};
  task_spec spec;
  spec.retry.max_attempts = 2;
  spec.retry.on = {"timeout"};
  auto task = b.submit(spec);
  b.finish(task, failed);
  CHECK(b.ends.at(task).status == failed);
  auto other = b.submit(spec);
  b.finish(other, timed_out);
  CHECK(b.core->status_of(other) == parked);
  b.core->cancel(other, b.now);
  CHECK(b.ends.at(other).status == cancelled);
  CHECK(b.core->metrics().parked == 0);
  b.pass(1h); // its timer is gone
  CHECK_FALSE(b.runs(other));
}

TEST_CASE("a policy that cannot be is refused") {
  bench b{with_workers(1)};
  task_spec spec;
  spec.retry.max_attempts = -3;
  auto task = b.submit(spec);
  CHECK(b.refusals.at(task).code == errc::invalid_argument);
  CHECK(b.core->is_empty());
}

TEST_CASE("a task is cancelled while it waits, while it runs and while it pauses") {
  bench b{with_workers(1)};
  auto runs = b.submit();
  auto waits = b.submit();
  CHECK(b.core->cancel(waits, b.now) == cancelled);
  CHECK(b.ends.at(waits).error == "cancelled while it was queued");
  CHECK(b.core->cancel(runs, b.now) == running);
  CHECK(b.stopped.contains(runs));
  b.finish(runs, cancelled);
  CHECK(b.ends.at(runs).status == cancelled);
  CHECK(b.core->cancel(runs, b.now) == cancelled);
  CHECK_FALSE(b.core->cancel({9, 9}, b.now));
  CHECK(b.core->metrics().tasks_cancelled == 2);
}

TEST_CASE("a deadline ends what waits, and bounds what runs") {
  bench b{with_workers(1)};
  auto blocker = b.submit();
  task_spec spec;
  spec.deadline = 10s;
  auto waits = b.submit(spec);
  b.pass(10s);
  CHECK(b.ends.at(waits).status == timed_out);
  CHECK_THAT(b.ends.at(waits).error, ContainsSubstring("10 s") && ContainsSubstring("queued"));
  b.finish(blocker);
  auto runs = b.submit(spec);
  CHECK(b.out.back().run.timeout == 10s);
  b.pass(10s);
  CHECK(b.runs(runs)); // the worker ends it
  b.finish(runs, timed_out);
  CHECK_THAT(b.ends.at(runs).error, ContainsSubstring("deadline"));
  spec.retry.max_attempts = 5;
  spec.retry.delay = 20s;
  auto pauses = b.submit(spec);
  b.finish(pauses, failed);
  b.pass(10s);
  CHECK(b.ends.at(pauses).status == timed_out);
}

TEST_CASE("a full queue refuses, and says so with the pool and the limit") {
  auto wish = with_workers(1);
  wish.queue_limit = 2;
  bench b{wish};
  auto first = b.submit();
  b.submit();
  b.submit();
  auto refused = b.submit();
  CHECK(b.refusals.at(refused).code == errc::pool_full);
  CHECK_THAT(b.refusals.at(refused).message,
             ContainsSubstring("'build'") && ContainsSubstring("2"));
  CHECK(b.core->metrics().tasks_refused == 1);
  CHECK(b.core->take_departures().count == 1);
  b.finish(first);
  CHECK_FALSE(b.refusals.contains(b.submit()));
}

TEST_CASE("a pool that lets requesters wait takes them in order, or turns them away in time") {
  auto wish = with_workers(1);
  wish.queue_limit = 1;
  wish.when_full = full_policy::wait;
  wish.wait_limit = 30s;
  bench b{wish};
  auto runs = b.submit();
  auto queued_one = b.submit();
  auto waits = b.submit();
  CHECK_FALSE(b.taken.contains(waits));
  CHECK(b.core->metrics().waiting == 1);
  auto refused = b.submit(); // there may wait as many as there may be queued
  CHECK(b.refusals.at(refused).code == errc::pool_full);
  b.finish(runs);
  CHECK(b.taken.contains(waits));
  CHECK(b.runs(queued_one));
  auto late = b.submit();
  b.pass(30s);
  CHECK(b.refusals.at(late).code == errc::pool_full);
  CHECK_THAT(b.refusals.at(late).message, ContainsSubstring("30 s"));
  CHECK_FALSE(b.core->status_of(late));
  task_spec spec;
  spec.deadline = 1s;
  auto hurried = b.submit(spec);
  b.pass(1s);
  CHECK(b.ends.at(hurried).status == timed_out);
  CHECK(b.core->metrics().waiting == 0);
  b.pass(1h);
  b.finish(queued_one);
  b.finish(waits);
  CHECK(b.core->is_empty());
}

TEST_CASE("a worker that dies is replaced, and its task is lost or tried again") {
  bench b{with_workers(2)};
  auto lost_one = b.submit();
  auto worker = b.out.front().worker;
  b.kill(worker);
  CHECK(b.ends.at(lost_one).status == lost);
  CHECK_THAT(b.ends.at(lost_one).error, ContainsSubstring(b.core->id_of(worker).value));
  CHECK(b.workers.size() == 2);
  CHECK(b.core->metrics().workers_restarted == 1);
  task_spec spec;
  spec.retry.max_attempts = 2;
  auto again = b.submit(spec);
  b.kill(b.out.front().worker);
  b.pass(2s);
  CHECK(b.runs(again));
  CHECK(b.core->describe(again)->history.back().attempt == 2);
}

TEST_CASE("a pool whose workers die too often is degraded, says why, and recovers") {
  auto wish = with_workers(2);
  wish.restart_limit = 3;
  wish.restart_window = 60s;
  bench b{wish};
  for (int i = 0; i < 3; ++i)
    b.kill(*b.workers.begin());
  CHECK(b.core->status() == pool_status::running);
  b.kill(*b.workers.begin());
  CHECK(b.core->status() == pool_status::degraded);
  CHECK(b.core->info().health == health::degraded);
  CHECK_THAT(b.core->info().reason, ContainsSubstring("3 times") && ContainsSubstring("60 s"));
  CHECK(b.workers.size() == 1);
  auto task = b.submit();
  b.finish(task); // it works on with what it has
  b.kill(*b.workers.begin());
  CHECK(b.core->info().health == health::unhealthy);
  auto waits = b.submit();
  CHECK_FALSE(b.runs(waits));
  b.pass(60s);
  CHECK(b.workers.size() == 2);
  CHECK(b.runs(waits));
  b.pass(60s);
  CHECK(b.core->status() == pool_status::running);
  CHECK(b.core->info().reason.empty());
}

TEST_CASE("a pool that may not replace workers fails with its last one, and scaling revives it") {
  auto wish = with_workers(1, 3);
  wish.restart_limit = -1;
  bench b{wish};
  auto runs = b.submit();
  auto waits = b.submit();
  b.kill(*b.workers.begin());
  CHECK(b.ends.at(runs).status == lost);
  CHECK(b.ends.at(waits).status == failed);
  CHECK(b.core->status() == pool_status::failed);
  CHECK(b.refusals.at(b.submit()).code == errc::process_failed);
  REQUIRE(b.core->scale(2, b.now).has_value());
  CHECK(b.core->status() == pool_status::running);
  CHECK(b.runs(b.submit()));
}

TEST_CASE("a worker that does not answer is ended and its task is lost") {
  bench b{with_workers(1)};
  task_spec spec;
  spec.timeout = 10s;
  auto hangs = b.submit(spec);
  auto worker = b.out.front().worker;
  b.pass(44s);
  CHECK(b.killed.empty());
  b.pass(12s); // its time-out, the grace, and time for the way
  CHECK(b.killed == std::vector{worker});
  CHECK(b.ends.at(hangs).status == lost);
  CHECK(b.workers.size() == 1);
  b.core->runs_ended({worker, {{hangs, 1, completed, 0, false, 1s, {}, {}, {}}}}, b.now);
  CHECK(b.core->metrics().late_results == 1);
}

TEST_CASE("an idle pool sets no alarm") {
  bench b{with_workers(3)};
  CHECK(b.alarm == moment::max());
  auto task = b.submit();
  b.finish(task);
  b.pass(1min);
  CHECK(b.alarm == moment::max());
}

TEST_CASE("scaling outside of the range is an error that names it") {
  bench b{with_workers(2, 5)};
  for (auto target : {-1, 0, 1, 6}) {
    auto refused = b.core->scale(target, b.now);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring("[2, 5]") && ContainsSubstring("build"));
  }
  CHECK(b.workers.size() == 2);
}

TEST_CASE("scaling down lets idle workers go at once and busy ones when they are done") {
  bench b{with_workers(1, 4)};
  CHECK(b.core->scale(4, b.now)->status == "scaled");
  auto x = b.submit();
  auto y = b.submit();
  auto z = b.submit();
  auto answer = b.core->scale(1, b.now);
  CHECK(answer->actual_workers == 3); // the idle one has gone
  CHECK(answer->status == "draining");
  CHECK(b.core->status() == pool_status::scaling);
  auto waits = b.submit();
  b.finish(z);
  b.finish(y);
  b.finish(x);
  CHECK(b.workers.size() == 1);
  CHECK(b.core->status() == pool_status::running);
  CHECK(b.runs(waits));
  for (const auto& each : {x, y, z})
    CHECK(b.ends.at(each).status == completed);
  // Workers that were to go stay when they are wanted again.
  b.core->scale(3, b.now);
  auto u = b.submit();
  b.core->scale(1, b.now);
  b.core->scale(2, b.now);
  CHECK(b.workers.size() == 2);
  CHECK(b.core->status() == pool_status::running);
  b.finish(u);
  b.finish(waits);
  CHECK(b.workers.size() == 2);
}

TEST_CASE("a pool that scales itself grows with what waits and shrinks when it idles") {
  auto wish = with_workers(1, 4);
  wish.auto_scale = true;
  wish.idle_limit = 60s;
  bench b{wish};
  std::vector<task_id> tasks;
  for (int i = 0; i < 6; ++i)
    tasks.push_back(b.submit());
  CHECK(b.workers.size() == 4);
  CHECK(b.out.size() == 4);
  for (int i = 0; i < 5; ++i)
    b.finish(tasks[static_cast<std::size_t>(i)]);
  b.pass(59s);
  CHECK(b.workers.size() == 4);
  b.pass(1s);
  CHECK(b.workers.size() == 1); // the busy one
  CHECK(b.runs(tasks[5]));
  b.finish(tasks[5]);
  auto more = b.submit();
  CHECK(b.runs(more));
}

TEST_CASE("growth stays within the limits, and waits while workers die too fast") {
  auto wish = with_workers(1, 3);
  wish.auto_scale = true;
  wish.restart_limit = 1;
  bench b{wish};
  b.kill(*b.workers.begin());
  b.kill(*b.workers.begin());
  CHECK(b.core->status() == pool_status::degraded);
  for (int i = 0; i < 5; ++i)
    b.submit();
  CHECK(b.workers.empty());
  b.pass(60s);
  CHECK_FALSE(b.workers.empty());
  b.pass(120s);
  b.submit();
  CHECK(b.workers.size() == 3);
}

TEST_CASE("a draining pool takes nothing new and finishes what it has") {
  bench b{with_workers(1)};
  auto runs = b.submit();
  auto waits = b.submit();
  b.core->drain(b.now);
  auto refused = b.submit();
  CHECK(b.refusals.at(refused).code == errc::shutting_down);
  CHECK_FALSE(b.core->is_empty());
  b.finish(runs);
  b.finish(waits);
  CHECK(b.core->is_empty());
  b.core->resume(b.now);
  CHECK(b.runs(b.submit()));
}

TEST_CASE("closing cancels what waits, stops what runs, and takes nothing new") {
  auto wish = with_workers(1);
  wish.queue_limit = 1;
  wish.when_full = full_policy::wait;
  bench b{wish};
  auto runs = b.submit();
  auto in_queue = b.submit();
  auto for_room = b.submit();
  b.core->close(b.now);
  CHECK(b.ends.at(in_queue).status == cancelled);
  CHECK(b.refusals.at(for_room).code == errc::cancelled);
  CHECK(b.stopped.contains(runs));
  CHECK(b.refusals.at(b.submit()).code == errc::not_found);
  CHECK_FALSE(b.core->is_empty());
  b.kill(*b.workers.begin());
  CHECK(b.ends.at(runs).status == cancelled);
  CHECK(b.core->is_empty());
  CHECK(b.workers.empty()); // no successor
  CHECK(b.core->status() == pool_status::stopped);
}

TEST_CASE("ended tasks are remembered up to a number and up to the bytes they keep") {
  auto wish = with_workers(1);
  wish.history_limit = 3;
  bench b{wish}; // keeps 1000 bytes
  std::vector<task_id> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(b.submit());
    b.finish(tasks.back());
  }
  CHECK_FALSE(b.core->result_of(tasks[1]));
  REQUIRE(b.core->result_of(tasks[2]));
  CHECK(b.core->metrics().memory_count == 3);
  auto large = b.submit();
  run_end end;
  end.task = large;
  end.attempt = 1;
  end.status = completed;
  end.output = std::string(2000, 'x');
  b.core->runs_ended({b.out.back().worker, {end}}, b.now);
  CHECK(b.core->result_of(large)->output.str().size() == 2000);
  CHECK(b.core->metrics().memory_count == 1);
  std::vector<task_line> lines;
  b.core->list({.status = completed}, 10, b.now, lines);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().task == large);
}

TEST_CASE("a list has what is older than one task and no older than another") {
  bench b{with_workers(1)};
  std::vector<task_id> tasks;
  for (int i = 0; i < 5; ++i)
    tasks.push_back(b.submit());
  auto listed = [&](const task_choice& choice) {
    std::vector<task_line> lines;
    b.core->list(choice, 10, b.now, lines);
    std::vector<task_id> ids;
    for (const auto& each : lines)
      ids.push_back(each.task);
    return ids;
  };
  CHECK(listed({.before = tasks[3], .since = tasks[1]}) == std::vector{tasks[2], tasks[1]});
  CHECK(listed({.since = tasks[3]}) == std::vector{tasks[4], tasks[3]});
  CHECK(listed({.status = task_status::running, .since = tasks[1]}).empty());
  CHECK(listed({.before = tasks[1], .since = tasks[1]}).empty());
}

TEST_CASE("tasks that may move can be handed to another pool and come back with a result") {
  bench b{with_workers(1)};
  route_note routed{route_reason::least_loaded, 0, 1};
  auto runs = b.submit({}, routed);
  auto named = b.submit();
  auto movable = b.submit({}, routed);
  CHECK(b.core->has_movable_tasks());
  auto taken = b.core->take_movable(5, pool_id{"pool_2"}, b.now);
  REQUIRE(taken.size() == 1);
  CHECK(taken.front().task == movable);
  CHECK_FALSE(b.core->has_movable_tasks());
  CHECK(b.core->status_of(movable) == running);
  CHECK(b.core->cancel(movable, b.now) == running);
  CHECK(b.stopped_elsewhere.contains(movable));
  task_result how;
  how.task = movable;
  how.pool = pool_id{"pool_2"};
  how.worker = worker_id{"worker_x"};
  how.status = completed;
  b.core->delegated_ended(how, 7, b.now); // another attempt
  CHECK_FALSE(b.ends.contains(movable));
  b.core->delegated_ended(how, taken.front().attempt, b.now);
  CHECK(b.ends.at(movable).pool.value == "pool_2");
  CHECK(b.core->metrics().tasks_delegated == 1);
  b.finish(runs);
  b.finish(named);
  CHECK(b.core->take_departures().count == 2); // the third one left when it moved
}

TEST_CASE("a task that is given back waits here again, and stays") {
  bench b{with_workers(1)};
  route_note routed{route_reason::random, 0, 1};
  auto blocker = b.submit();
  auto task = b.submit({}, routed);
  auto taken = b.core->take_movable(1, pool_id{"pool_2"}, b.now);
  REQUIRE(taken.size() == 1);
  b.core->given_back(task, taken.front().attempt, "no room", b.now);
  CHECK(b.core->status_of(task) == queued);
  CHECK_FALSE(b.core->has_movable_tasks());
  CHECK(b.core->take_departures().count == -1); // the manager counts it here again
  b.finish(blocker);
  b.finish(task);
  CHECK(b.ends.at(task).attempts == 1);
  auto gone = b.submit();
  b.core->given_back(gone, 1, "not ours to give", b.now);
  CHECK(b.runs(gone));
}

TEST_CASE("a task that another pool gave us is not tried again here") {
  auto wish = with_workers(1);
  wish.retry.max_attempts = 5;
  bench b{wish};
  auto task = b.submit({}, {route_reason::delegated, 0, 0});
  b.finish(task, failed);
  CHECK(b.ends.at(task).status == failed);
}

TEST_CASE("workers of one pool never share an id") {
  bench b{with_workers(1)};
  std::set<worker_id> ids;
  for (std::uint32_t i = 1; i < 20000; ++i)
    CHECK(ids.insert(b.core->id_of(i)).second);
}

// -- tasks of an earlier server
// --------------------------------------------------------------------

namespace {

/// A task that got as far as these states.
restored_task left(std::uint64_t number, std::initializer_list<task_status> states) {
  restored_task task;
  task.task = task_id{1, number};
  task.spec = shared_spec{test::task_of("left " + std::to_string(number))};
  task.age = 10s;
  std::int32_t attempt = 0;
  for (auto each : states) {
    attempt += each == task_status::running;
    task.steps.push_back({std::chrono::seconds{task.steps.size()}, each, attempt, {}, {}});
  }
  if (!task.steps.empty() && task.steps.back().status == task_status::running)
    task.steps.back().worker = worker_id{"worker_0000000a"};
  return task;
}

restored_task urgent_one(std::uint64_t number, std::int32_t priority) {
  auto task = left(number, {task_status::queued});
  auto spec = *task.spec;
  spec.priority = priority;
  task.spec = shared_spec{spec};
  return task;
}

} // namespace

TEST_CASE("tasks that waited when a server ended wait again in their order") {
  pool_config wish;
  wish.max_workers = 1;
  wish.queue_limit = 1;
  bench b{wish};
  b.core->restore({left(1, {}), left(2, {task_status::queued}), urgent_one(3, 5)}, b.now);
  CHECK(b.taken.empty());            // they were accepted long ago
  CHECK(b.core->info().queued == 2); // more than a new one would find room for
  std::vector<task_id> order;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(b.out.size() == 1);
    order.push_back(b.out.front().run.task);
    CHECK(b.out.front().run.goes_on == 0);
    b.finish(order.back());
  }
  CHECK(order == std::vector{task_id{1, 3}, task_id{1, 1}, task_id{1, 2}});
  CHECK(b.history({1, 1}) ==
        std::vector{task_status::queued, task_status::running, task_status::completed});
}

TEST_CASE("a process that goes on is waited for and is no other try") {
  bench b;
  auto task = left(1, {task_status::queued, task_status::running});
  task.running = 1;
  b.core->restore({task}, b.now);
  REQUIRE(b.out.size() == 1);
  CHECK(b.out.front().run.goes_on == 1);
  CHECK(b.out.front().run.attempt == 2); // what answers to the earlier one is late
  CHECK(b.out.front().run.timeout == b.core->config().default_timeout - 9s);
  b.finish({1, 1});
  REQUIRE(b.ends.contains({1, 1}));
  CHECK(b.ends.at({1, 1}).attempts == 1);

  // Once more: two servers later.
  bench c;
  task = left(
      1, {task_status::queued, task_status::running, task_status::queued, task_status::running});
  task.running = 1;
  c.core->restore({task}, c.now);
  REQUIRE(c.out.size() == 1);
  CHECK(c.out.front().run.goes_on == 1);
  CHECK(c.out.front().run.attempt == 3);
  CHECK(c.out.front().run.timeout == c.core->config().default_timeout - 9s); // of its process
  c.finish({1, 1});
  CHECK(c.ends.at({1, 1}).attempts == 1);
}

TEST_CASE("a process that goes on comes before all that waits") {
  pool_config wish;
  wish.max_workers = 1;
  bench b{wish};
  auto running = left(2, {task_status::queued, task_status::running});
  running.running = 1;
  b.core->restore({urgent_one(1, 1000), running}, b.now);
  REQUIRE(b.out.size() == 1);
  CHECK(b.out.front().run.goes_on == 1);
  b.finish({1, 2});
  CHECK(b.runs({1, 1}));
}

TEST_CASE("a process whose start had not been written down is waited for as well") {
  bench b;
  auto task = left(1, {task_status::queued});
  task.running = 1;
  b.core->restore({task}, b.now);
  REQUIRE(b.out.size() == 1);
  CHECK(b.out.front().run.goes_on == 1);
  CHECK(b.out.front().run.timeout == b.core->config().default_timeout); // it waited until then
  b.finish({1, 1});
  CHECK(b.ends.at({1, 1}).attempts == 1);

  // Nor had the end of the one before it.
  for (auto last : {task_status::running, task_status::parked}) {
    bench c;
    task = left(1, {task_status::queued, task_status::running});
    if (last == task_status::parked)
      task.steps.push_back({2s, last, 1, {}, {}});
    task.running = 3;
    c.core->restore({task}, c.now);
    REQUIRE(c.out.size() == 1);
    CHECK(c.out.front().run.goes_on == 3);
    CHECK(c.out.front().run.attempt == 4); // no run gets a name that another one had
    c.finish({1, 1});
    CHECK(c.ends.at({1, 1}).attempts == 3);
  }
}

TEST_CASE("as many workers are started as processes go on") {
  pool_config wish;
  wish.min_workers = 1;
  wish.max_workers = 3;
  std::vector<restored_task> running;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    running.push_back(left(n, {task_status::queued, task_status::running}));
    running.back().running = 1;
  }
  bench b{wish, running};
  CHECK(b.workers.size() == 3);
  CHECK(b.out.size() == 3);
}

TEST_CASE("a process that no worker came to does not go on after the end of its task") {
  pool_config wish;
  wish.max_workers = 1;
  auto first = left(1, {task_status::queued, task_status::running});
  auto cancelled = left(2, {task_status::queued, task_status::running});
  auto late = left(3, {task_status::queued, task_status::running});
  auto spec = *late.spec;
  spec.deadline = 20s;
  late.spec = shared_spec{spec};
  for (auto* each : {&first, &cancelled, &late})
    each->running = 1;
  bench b{wish, {first, cancelled, late}};
  b.core->cancel({1, 2}, b.now);
  b.pass(15s);
  CHECK(b.ends.at({1, 2}).status == task_status::cancelled);
  CHECK(b.ends.at({1, 3}).status == task_status::timed_out);
  CHECK(b.unattended == std::set<task_id>{{1, 2}, {1, 3}});
}

TEST_CASE("a task that was being cancelled when its server ended is cancelled by the next one") {
  auto goes_on = left(1, {task_status::queued, task_status::running});
  goes_on.running = 1;
  auto gone = left(2, {task_status::queued, task_status::running});
  auto waits = left(3, {task_status::queued});
  for (auto* each : {&goes_on, &gone, &waits})
    each->cancelled = true;
  auto spec = *gone.spec;
  spec.retry.max_attempts = 3;
  spec.retry.on = {"lost"};
  gone.spec = shared_spec{spec};
  bench b{{}, {goes_on, gone, waits}};
  CHECK(b.out.empty());
  for (std::uint64_t n = 1; n <= 3; ++n)
    CHECK(b.ends.at({1, n}).status == task_status::cancelled);
  CHECK(b.unattended == std::set<task_id>{{1, 1}});
  CHECK(b.core->is_empty());
}

TEST_CASE("that a running task is to end is told") {
  bench b;
  auto task = b.submit();
  b.core->cancel(task, b.now);
  CHECK(b.cancels == std::vector{task});
  CHECK(b.core->has_ending_tasks());
  b.finish(task, task_status::cancelled);
  CHECK_FALSE(b.core->has_ending_tasks());
}

TEST_CASE("who waits for room can be sent away") {
  pool_config wish;
  wish.max_workers = 1;
  wish.queue_limit = 2;
  wish.when_full = full_policy::wait;
  bench b{wish};
  std::vector<task_id> accepted;
  for (int i = 0; i < 3; ++i)
    accepted.push_back(b.submit());
  b.submit();
  b.submit();
  CHECK(b.core->take_waiters().size() == 2);
  CHECK(b.core->take_waiters().empty());
  for (const auto& each : accepted)
    b.finish(each);
  CHECK(b.core->is_empty());
  CHECK(b.ends.size() == 3);
}

TEST_CASE("what ran and is nowhere is lost, and tried again where that is wanted") {
  bench b;
  auto lost = left(1, {task_status::queued, task_status::running});
  auto again = left(2, {task_status::queued, task_status::running});
  auto spec = *again.spec;
  spec.retry.max_attempts = 2;
  spec.retry.delay = 1s;
  spec.retry.on = {"lost"};
  again.spec = shared_spec{spec};
  b.core->restore({lost, again}, b.now);
  CHECK(b.ends.at({1, 1}).status == task_status::lost);
  CHECK(b.core->status_of({1, 2}) == task_status::parked);
  b.pass(5s);
  REQUIRE(b.runs({1, 2}));
  CHECK(b.out.front().run.goes_on == 0);
  b.finish({1, 2});
  CHECK(b.ends.at({1, 2}).attempts == 2);
}

TEST_CASE("what waits for another attempt waits for the rest of its delay") {
  bench b;
  auto task = left(1, {task_status::queued, task_status::running, task_status::parked});
  task.next_attempt = 15s; // it was accepted 10 s ago
  auto overdue = left(2, {task_status::queued, task_status::running, task_status::parked});
  overdue.next_attempt = 9s;
  b.core->restore({task, overdue}, b.now);
  CHECK(b.core->status_of({1, 1}) == task_status::parked);
  CHECK(b.core->metrics().parked == 1);
  CHECK(b.runs({1, 2}));
  b.finish({1, 2});
  b.pass(4999ms);
  CHECK_FALSE(b.runs({1, 1}));
  b.pass(1ms);
  REQUIRE(b.runs({1, 1}));
  CHECK(b.core->metrics().parked == 0);
  CHECK(b.out.front().run.attempt == 2);
  b.finish({1, 1});
  CHECK(b.ends.at({1, 1}).attempts == 2);
}

TEST_CASE("a clock that was set back makes nobody wait longer than the whole delay") {
  bench b;
  auto task = left(1, {task_status::queued, task_status::running, task_status::parked});
  task.age = 0s;
  task.next_attempt = 15s; // 13 s after it was parked
  b.core->restore({task}, b.now);
  b.pass(12999ms);
  CHECK_FALSE(b.runs({1, 1}));
  b.pass(1ms);
  CHECK(b.runs({1, 1}));
}

TEST_CASE("what was cancelled while it waited for another attempt has ended") {
  bench b;
  auto task = left(1, {task_status::queued, task_status::running, task_status::parked});
  task.next_attempt = 15s;
  task.cancelled = true;
  b.core->restore({task}, b.now);
  CHECK(b.ends.at({1, 1}).status == task_status::cancelled);
  CHECK(b.core->metrics().parked == 0);
  CHECK(b.core->is_empty());
}

TEST_CASE("a deadline counts from the acceptance, whichever server that was") {
  auto late = left(50, {task_status::queued});
  auto spec = *late.spec;
  spec.deadline = 9s; // it is ten seconds old
  late.spec = shared_spec{spec};
  pool_config wish;
  wish.max_workers = 1;
  bench busy{wish};
  busy.submit();
  busy.core->restore({late}, busy.now);
  busy.pass(1ms);
  REQUIRE(busy.ends.contains({1, 50}));
  CHECK(busy.ends.at({1, 50}).status == task_status::timed_out);
}

TEST_CASE("a task that was not accepted after all leaves no trace of its requester") {
  pool_config wish;
  wish.max_workers = 1;
  bench b{wish};
  auto running = b.submit();
  auto waiting = b.submit();
  b.core->withdraw(waiting, b.now);
  CHECK_FALSE(b.runs(waiting));
  b.core->withdraw(running, b.now);
  CHECK(b.stopped.contains(running));
  CHECK(b.core->requester_of(running) == 0);
}
