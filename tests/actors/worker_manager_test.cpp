// SPDX-License-Identifier: MIT
#include "actors/worker_manager.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/tasks.hpp"
#include "virtual_processes.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <optional>
#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// Takes every task and says nothing.
worker_actor::behavior_type silent(worker_actor::pointer self, std::uint32_t) {
  self->set_default_handler(caf::drop);
  return {
      [self](const run_tasks&) -> caf::result<tasks_ended> {
        return self->make_response_promise<tasks_ended>();
      },
      [](const stop_run&) {},
      [](const measure_worker&) { return worker_usage{}; },
  };
}

/// Takes no task.
worker_actor::behavior_type unwilling(worker_actor::pointer, std::uint32_t) {
  return {
      [](const run_tasks&) -> caf::result<tasks_ended> {
        return to_caf({errc::unsupported, "not today"});
      },
      [](const stop_run&) {},
      [](const measure_worker&) { return worker_usage{}; },
  };
}

using behavior_of_worker = worker_actor::behavior_type(worker_actor::pointer, std::uint32_t);

worker_type workers_that_are(behavior_of_worker* behavior) {
  worker_type type;
  type.make = [behavior](caf::actor_system& system, const std::shared_ptr<const worker_options>&,
                         const worker_identity& who) -> worker_actor {
    return system.spawn(behavior, who.number);
  };
  return type;
}

/// A manager of single workers in one thread and in virtual time, over processes that end when the
/// test says so.
class single_workers : public virtual_processes {
public:
  explicit single_workers(const std::function<void(worker_manager_options&)>& change = {}) {
    worker_manager_options options;
    options.worker.runner = runner;
    options.types = {{"shell", shell_workers()},
                     {"noop", noop_worker()},
                     {"silent", workers_that_are(silent)},
                     {"unwilling", workers_that_are(unwilling)}};
    options.default_type = "shell";
    options.clock = clock;
    options.seed = seed();
    options.first_use = [] { return false; };
    if (change)
      change(options);
    manager = spawn_worker_manager(system(), std::move(options));
    run();
  }

  ~single_workers() {
    kill(manager);
    manager = nullptr;
    end_processes();
    advance(1min); // a clock holds its worker too
  }

  template <class Answer, class Question>
  pending<Answer> ask(Question question) {
    return virtual_time::ask<Answer>(manager, std::move(question));
  }

  std::vector<worker_id> spawn(std::int32_t count, const std::string& type = {}) {
    return ask<workers_spawned>(spawn_workers{type, count}).value().workers;
  }

  pending<worker_result> execute(const worker_id& worker, const std::string& prompt,
                                 bool cancel_with_requester = false) {
    return ask<worker_result>(wish(worker, prompt, cancel_with_requester));
  }

  static execute_on_worker wish(const worker_id& worker, const std::string& prompt,
                                bool cancel_with_requester = false) {
    auto spec = task_of(prompt);
    spec.cancel_with_requester = cancel_with_requester;
    return {worker, spec};
  }

  std::string status(const worker_id& worker) {
    return ask<worker_list>(list_workers{{worker}}).value().workers.front().status;
  }
  std::vector<worker_id> listed() {
    std::vector<worker_id> all;
    for (const auto& each : ask<worker_list>(list_workers{}).value().workers)
      all.push_back(each.worker);
    return all;
  }
  workers_health health() { return ask<workers_health>(get_workers_health{}).value(); }

  worker_manager_actor manager;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a worker that answers a task without being asked is heard") {
  single_workers s;
  auto worker = s.spawn(1, "noop").front();
  auto answer = s.execute(worker, "anything").value();
  CHECK(answer.worker == worker);
  CHECK(answer.status == task_status::completed);
  CHECK(answer.exit_code == 0);
}

TEST_CASE("a task of a single worker ends with all that is known about it") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto answer = s.execute(worker, "make");
  CHECK_FALSE(answer.has_come());
  s.advance(2s);
  s.finish("make", exit_with(3, "half\n"));
  CHECK(answer.value().worker == worker);
  CHECK(answer.value().status == task_status::failed);
  CHECK(answer.value().output.str() == "half\n");
  CHECK(answer.value().has_output);
  CHECK(answer.value().error == "exited with code 3");
  CHECK(answer.value().exit_code == 3);
  CHECK(answer.value().duration == 2s);
}

TEST_CASE("ids of workers differ and look like those of pools' workers") {
  single_workers s;
  std::set<worker_id> all;
  for (int i = 0; i < 4; ++i)
    for (const auto& each : s.spawn(50, "noop")) {
      CHECK(each.value.size() == 15);
      CHECK(each.value.starts_with("worker_"));
      all.insert(each);
    }
  CHECK(all.size() == 200);
  CHECK(s.listed().size() == 200);
}

TEST_CASE("workers of an unknown type are refused with the names of the known ones") {
  single_workers s;
  auto refused = s.ask<workers_spawned>(spawn_workers{"terminal-qwen", 2}).failure();
  CHECK(refused.code == errc::unsupported);
  CHECK(refused.message == "there are no workers of type 'terminal-qwen', only noop, shell, "
                           "silent, unwilling; name one of these, or set workers.default_type");
  CHECK(s.listed().empty());
}

TEST_CASE("the default type may be one that this server does not have") {
  single_workers s{[](auto& options) { options.default_type = "terminal-qwen"; }};
  auto refused = s.ask<workers_spawned>(spawn_workers{}).failure();
  CHECK(refused.code == errc::unsupported);
  CHECK_THAT(refused.message, ContainsSubstring("'terminal-qwen'"));
  CHECK(s.spawn(1, "shell").size() == 1);
}

TEST_CASE("a request spawns 1 to 50 workers, and all or none") {
  single_workers s{[](auto& options) { options.most_workers = 51; }};
  for (int count : {0, -1, 51}) {
    auto refused = s.ask<workers_spawned>(spawn_workers{"", count}).failure();
    CHECK(refused.code == errc::invalid_argument);
    CHECK_THAT(refused.message,
               ContainsSubstring("between 1 and 50, not " + std::to_string(count)));
  }
  s.spawn(50);
  auto refused = s.ask<workers_spawned>(spawn_workers{"", 2}).failure();
  CHECK(refused.code == errc::pool_full);
  CHECK_THAT(refused.message, ContainsSubstring("50 of at most 51"));
  CHECK(s.listed().size() == 50);
  CHECK(s.spawn(1).size() == 1);
}

TEST_CASE("an unknown worker is named by every refusal") {
  single_workers s;
  worker_id nobody{"worker_x"};
  for (const auto& refused : {s.execute(nobody, "make").failure(),
                              s.ask<worker_results>(collect_results{{nobody}}).failure(),
                              s.ask<worker_list>(list_workers{{nobody}}).failure(),
                              s.ask<workers_closed>(close_worker{nobody}).failure()}) {
    CHECK(refused.code == errc::not_found);
    CHECK_THAT(refused.message, ContainsSubstring("there is no worker 'worker_x'; "));
  }
}

TEST_CASE("a task that cannot be is refused before it waits") {
  single_workers s;
  auto worker = s.spawn(1).front();
  CHECK(s.execute(worker, " \n").failure().code == errc::invalid_argument);
  auto spec = task_of("make");
  spec.labels = {{"arch", "arm"}};
  auto refused = s.ask<worker_result>(execute_on_worker{worker, spec}).failure();
  CHECK(refused.code == errc::unsupported);
  CHECK_THAT(refused.message, ContainsSubstring("'labels'") && ContainsSubstring("pool"));
  CHECK(s.status(worker) == "idle");
}

TEST_CASE("a command is as good as a prompt") {
  single_workers s;
  task_spec spec;
  spec.command = "make";
  auto answer = s.ask<worker_result>(execute_on_worker{s.spawn(1).front(), spec});
  s.finish("make");
  CHECK(answer.value().status == task_status::completed);
}

TEST_CASE("a worker runs one task after the other") {
  single_workers s;
  auto worker = s.spawn(1).front();
  CHECK(s.status(worker) == "idle");
  auto a = s.execute(worker, "a");
  auto b = s.execute(worker, "b");
  auto c = s.execute(worker, "c");
  CHECK(s.prompts() == texts{"a"});
  CHECK(s.status(worker) == "running");
  s.finish("a");
  CHECK(a.value().status == task_status::completed);
  CHECK(s.prompts() == texts{"a", "b"});
  s.finish("b", exit_with(1));
  s.finish("c");
  CHECK(b.value().status == task_status::failed);
  CHECK(c.value().status == task_status::completed);
  CHECK(s.status(worker) == "completed");
}

TEST_CASE("no more tasks run at a time than the settings say, over all workers") {
  single_workers s{[](auto& options) { options.max_concurrent = 2; }};
  auto workers = s.spawn(3);
  s.execute(workers[0], "a");
  s.execute(workers[0], "a2");
  s.execute(workers[1], "b");
  s.execute(workers[2], "c");
  CHECK(s.prompts() == texts{"a", "b"});
  CHECK(s.status(workers[2]) == "queued");
  s.finish("b");
  CHECK(s.prompts() == texts{"a", "b", "c"}); // a2 came first, but its worker is not free
  s.finish("a");
  CHECK(s.prompts() == texts{"a", "b", "c", "a2"});
}

TEST_CASE("the number of tasks at a time is between 1 and 100") {
  single_workers none{[](auto& options) { options.max_concurrent = -3; }};
  CHECK(none.health().max_concurrent == 1);
  single_workers many{[](auto& options) { options.max_concurrent = 1000; }};
  CHECK(many.health().max_concurrent == 100);
}

TEST_CASE("a full queue refuses what would have to wait, and says so") {
  single_workers s{[](auto& options) { options.queue_limit = 2; }};
  auto workers = s.spawn(2);
  for (const auto* prompt : {"a", "a2", "a3"})
    s.execute(workers[0], prompt);
  auto refused = s.execute(workers[0], "a4").failure();
  CHECK(refused.code == errc::pool_full);
  CHECK_THAT(refused.message, ContainsSubstring("'" + workers[0].value + "'") &&
                                  ContainsSubstring("no more than 2"));
  CHECK(s.health().status == "degraded");
  CHECK_FALSE(s.execute(workers[1], "b").has_come()); // it does not have to wait
  CHECK(s.prompts() == texts{"a", "b"});
  s.finish("a");
  CHECK(s.health().status == "healthy");
  CHECK_FALSE(s.execute(workers[0], "a5").has_come());
}

TEST_CASE("several tasks at once are answered in their order, each with its own result") {
  single_workers s;
  auto workers = s.spawn(2);
  auto answer = s.ask<worker_results>(execute_on_workers{
      {s.wish(workers[0], "a"), s.wish(worker_id{"worker_x"}, "x"), s.wish(workers[1], "b"),
       s.wish(workers[0], "a2"), s.wish(workers[1], "")}});
  CHECK(s.prompts() == texts{"a", "b"});
  s.finish("b", exit_with(0, "from b"));
  s.finish("a", exit_with(7));
  CHECK_FALSE(answer.has_come());
  s.finish("a2", exit_with(0, "from a2"));
  auto results = answer.value().results;
  REQUIRE(results.size() == 5);
  CHECK(results[0].worker == workers[0]);
  CHECK(results[0].exit_code == 7);
  CHECK(results[1].worker.value == "worker_x");
  CHECK(results[1].status == task_status::failed);
  CHECK_THAT(results[1].error, ContainsSubstring("there is no worker 'worker_x'"));
  CHECK(results[2].output.str() == "from b");
  CHECK(results[3].output.str() == "from a2");
  CHECK(results[4].status == task_status::failed);
  CHECK_THAT(results[4].error, ContainsSubstring("prompt"));
}

TEST_CASE("no tasks at once are answered at once, and so are those that nobody takes") {
  single_workers s;
  CHECK(s.ask<worker_results>(execute_on_workers{}).value().results.empty());
  auto answer = s.ask<worker_results>(execute_on_workers{{s.wish(worker_id{"worker_x"}, "x")}});
  CHECK(answer.value().results.size() == 1);
}

TEST_CASE("the last results of workers can be collected") {
  single_workers s{[](auto& options) { options.max_concurrent = 2; }};
  auto workers = s.spawn(4);
  s.execute(workers[1], "first");
  s.finish("first", exit_with(0, "out"));
  CHECK(s.status(workers[1]) == "completed");
  s.execute(workers[2], "second");
  s.execute(workers[0], "third");
  s.execute(workers[3], "fourth");
  auto all = s.ask<worker_results>(collect_results{}).value().results;
  REQUIRE(all.size() == 4);
  CHECK(all[0].status == task_status::running);
  CHECK(all[1].status == task_status::completed);
  CHECK(all[1].output.str() == "out");
  CHECK(all[2].status == task_status::running);
  CHECK_FALSE(all[2].has_output);
  CHECK(all[3].status == task_status::queued);
  auto some = s.ask<worker_results>(collect_results{{workers[2], workers[1]}}).value().results;
  REQUIRE(some.size() == 2);
  CHECK(some[0].worker == workers[2]);
  CHECK(some[1].worker == workers[1]);
  CHECK(s.ask<worker_results>(collect_results{s.spawn(1)}).value().results.empty());
}

TEST_CASE("workers are listed by age, or as they are asked for") {
  single_workers s;
  auto workers = s.spawn(2);
  auto third = s.spawn(1, "noop").front();
  CHECK(s.listed() == std::vector{workers[0], workers[1], third});
  auto some = s.ask<worker_list>(list_workers{{third, workers[0]}}).value().workers;
  REQUIRE(some.size() == 2);
  CHECK(some[0] == worker_info{third, "noop", "idle"});
  CHECK(some[1] == worker_info{workers[0], "shell", "idle"});
}

TEST_CASE("a task has the time-out that it names, or the default one, from its start") {
  single_workers s{[](auto& options) { options.default_timeout = 60s; }};
  auto workers = s.spawn(2);
  s.execute(workers[0], "usual");
  auto waiting = s.execute(workers[0], "waiting");
  auto spec = task_of("long");
  spec.timeout = 90s;
  auto answer = s.ask<worker_result>(execute_on_worker{workers[1], spec});
  s.advance(59s);
  CHECK_FALSE(s.was_stopped("usual"));
  s.advance(1s);
  CHECK(s.was_stopped("usual"));
  s.finish("usual", exit_with(143));
  s.advance(30s);
  CHECK(s.was_stopped("long"));
  s.finish("long", exit_with(143));
  CHECK(answer.value().status == task_status::timed_out);
  CHECK(answer.value().error == "ended after its time-out of 90 s");
  CHECK(s.status(workers[1]) == "timeout");
  CHECK_FALSE(s.was_stopped("waiting"));
  s.finish("waiting");
  CHECK(waiting.value().status == task_status::completed);
}

TEST_CASE("a single worker that dies is replaced under its id, and its task is lost") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto lost = s.execute(worker, "lost");
  auto next = s.execute(worker, "next");
  s.kill(worker);
  CHECK(lost.value().status == task_status::lost);
  CHECK_THAT(lost.value().error, ContainsSubstring(worker.value) && ContainsSubstring("died"));
  CHECK(s.was_stopped("lost")); // no process without a worker
  CHECK(s.listed() == std::vector{worker});
  CHECK(s.health().status == "healthy");
  s.finish("next");
  CHECK(next.value().status == task_status::completed);
  CHECK(next.value().worker == worker);
}

TEST_CASE("workers that die too often are given up with all that waits for them") {
  single_workers s;
  auto workers = s.spawn(2);
  for (int i = 0; i < 10; ++i) {
    CHECK(s.health().status == "healthy");
    s.kill(workers[i % 2]);
    s.advance(1s);
  }
  CHECK(s.health().status == "degraded"); // the next one would be too much
  auto running = s.execute(workers[0], "running");
  auto waiting = s.execute(workers[0], "waiting");
  s.kill(workers[0]);
  CHECK(running.value().status == task_status::lost);
  CHECK(waiting.value().status == task_status::lost);
  CHECK_THAT(waiting.value().error, ContainsSubstring("died too often"));
  CHECK(s.prompts() == texts{"running"});
  CHECK(s.listed() == std::vector{workers[1]});
  CHECK(s.execute(workers[0], "more").failure().code == errc::not_found);
  s.advance(60s);
  CHECK(s.health().status == "degraded"); // there is still one less than there were
  s.kill(workers[1]);
  CHECK(s.listed() == std::vector{workers[1]}); // it is long ago
}

TEST_CASE("no worker left of those that died is the worst, until somebody spawns some") {
  single_workers s;
  auto worker = s.spawn(1).front();
  for (int i = 0; i < 11; ++i)
    s.kill(worker);
  CHECK(s.listed().empty());
  CHECK(s.health().status == "unhealthy");
  s.advance(60s);
  s.spawn(1);
  CHECK(s.health().status == "healthy");
}

TEST_CASE("a worker that keeps a task for too long is replaced") {
  single_workers s{[](auto& options) { options.default_timeout = 60s; }};
  auto worker = s.spawn(1, "silent").front();
  auto answer = s.execute(worker, "anything");
  for (int i = 0; i < 7; ++i)
    s.advance(10s);
  CHECK_FALSE(answer.has_come());
  s.advance(10s);
  CHECK(answer.value().status == task_status::lost);
  CHECK(s.listed() == std::vector{worker});
}

TEST_CASE("a worker that refuses its task fails it and is free") {
  single_workers s;
  auto worker = s.spawn(1, "unwilling").front();
  auto answer = s.execute(worker, "anything");
  CHECK(answer.value().status == task_status::failed);
  CHECK(answer.value().error == "not today");
  CHECK(s.execute(worker, "more").value().status == task_status::failed);
}

TEST_CASE("a late answer and one of somebody else change nothing") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto lost = s.execute(worker, "lost");
  auto next = s.execute(worker, "next");
  s.kill(worker);
  std::optional<task_id> id;
  auto process = s.runner->started().back();
  for (const auto& [key, value] : process.spec.environment)
    if (key == "MAHAVISHNU_TASK_ID")
      id = task_id::parse(value);
  REQUIRE(id);
  run_end end;
  end.task = *id;
  end.status = task_status::completed;
  caf::anon_send(s.manager, tasks_ended{1, {end}}); // as if from the actor that died
  caf::anon_send(s.manager, tasks_ended{2, {run_end{}}});
  s.run();
  CHECK_FALSE(next.has_come());
  s.finish("next", exit_with(4));
  CHECK(next.value().exit_code == 4);
}

TEST_CASE("a worker that is closed cancels what waits and ends what runs before it goes") {
  single_workers s;
  auto workers = s.spawn(2);
  auto running = s.execute(workers[0], "running");
  auto waiting = s.execute(workers[0], "waiting");
  auto other = s.execute(workers[1], "other");
  auto closed = s.ask<workers_closed>(close_worker{workers[0]});
  CHECK(waiting.value().status == task_status::cancelled);
  CHECK(s.was_stopped("running"));
  CHECK_FALSE(running.has_come());
  CHECK_FALSE(closed.has_come());
  CHECK(s.status(workers[0]) == "running");
  auto refused = s.execute(workers[0], "more").failure();
  CHECK(refused.code == errc::not_found);
  CHECK_THAT(refused.message, ContainsSubstring("is being closed"));
  auto again = s.ask<workers_closed>(close_worker{workers[0]});
  s.finish("running", exit_with(143));
  CHECK(running.value().status == task_status::cancelled);
  CHECK(closed.value().closed_count == 1);
  CHECK(again.value().closed_count == 1);
  CHECK(s.listed() == std::vector{workers[1]});
  CHECK(s.ask<workers_closed>(close_worker{workers[0]}).failure().code == errc::not_found);
  s.finish("other");
  CHECK(other.value().status == task_status::completed);
}

TEST_CASE("an idle worker is closed at once and its actor ends") {
  single_workers s;
  auto worker = s.spawn(1).front();
  CHECK(s.ask<workers_closed>(close_worker{worker}).value().closed_count == 1);
  CHECK(s.listed().empty());
  s.kill(worker); // nobody minds
  CHECK(s.listed().empty());
  CHECK(s.health().status == "healthy");
}

TEST_CASE("all workers are closed when the last one runs nothing any more") {
  single_workers s;
  CHECK(s.ask<workers_closed>(close_all_workers{}).value().closed_count == 0);
  auto workers = s.spawn(3);
  auto a = s.execute(workers[0], "a");
  auto b = s.execute(workers[1], "b");
  auto closed = s.ask<workers_closed>(close_all_workers{});
  CHECK(s.listed() == std::vector{workers[0], workers[1]});
  auto late = s.spawn(1); // not meant
  s.finish("a", exit_with(143));
  CHECK_FALSE(closed.has_come());
  s.finish("b", exit_with(143));
  CHECK(closed.value().closed_count == 3);
  CHECK(a.value().status == task_status::cancelled);
  CHECK(s.listed() == late);
}

TEST_CASE("a worker that dies while it is closed is not replaced") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto running = s.execute(worker, "running");
  auto closed = s.ask<workers_closed>(close_worker{worker});
  s.kill(worker);
  CHECK(running.value().status == task_status::lost);
  CHECK(closed.value().closed_count == 1);
  CHECK(s.listed().empty());
  CHECK(s.workers.size() == 1);
}

TEST_CASE("a worker that does not end its task is closed all the same") {
  single_workers s;
  auto worker = s.spawn(1, "silent").front();
  auto running = s.execute(worker, "running"); // 300 s
  auto closed = s.ask<workers_closed>(close_worker{worker});
  s.advance(10s);
  CHECK_FALSE(closed.has_come());
  s.advance(10s);
  CHECK(closed.value().closed_count == 1);
  CHECK(running.value().status == task_status::lost);
}

TEST_CASE("a task of a single worker goes with its requester when it says so") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto running = s.execute(worker, "running", true);
  auto waiting = s.execute(worker, "waiting", true);
  auto stays = s.execute(worker, "stays");
  s.kill(stays.asker());
  s.kill(waiting.asker());
  CHECK_FALSE(s.was_stopped("running"));
  s.kill(running.asker());
  CHECK(s.was_stopped("running"));
  s.finish("running", exit_with(143));
  CHECK(s.prompts() == texts{"running", "stays"});
  CHECK_FALSE(s.was_stopped("stays"));
}

TEST_CASE("all tasks that came together go with their requester") {
  single_workers s;
  auto workers = s.spawn(2);
  auto answer = s.ask<worker_results>(
      execute_on_workers{{s.wish(workers[0], "a", true), s.wish(workers[0], "a2", true),
                          s.wish(workers[1], "b", true), s.wish(workers[1], "b2")}});
  s.finish("b");
  s.kill(answer.asker());
  CHECK(s.was_stopped("a"));
  s.finish("a", exit_with(143));
  CHECK(s.prompts() == texts{"a", "b", "b2"});
  CHECK_FALSE(s.was_stopped("b2"));
}

TEST_CASE("a requester that goes after its task has ended changes nothing") {
  single_workers s;
  auto worker = s.spawn(1).front();
  auto first = s.execute(worker, "first", true);
  s.finish("first");
  auto second = s.execute(worker, "second");
  s.kill(first.asker());
  CHECK_FALSE(s.was_stopped("second"));
}

TEST_CASE("everybody is answered when the manager of the workers is killed") {
  single_workers s;
  auto workers = s.spawn(2);
  auto running = s.execute(workers[0], "running");
  auto waiting = s.execute(workers[0], "waiting");
  auto several = s.ask<worker_results>(
      execute_on_workers{{s.wish(workers[1], "b"), s.wish(workers[1], "b2")}});
  auto closed = s.ask<workers_closed>(close_worker{workers[0]});
  CHECK(waiting.value().status == task_status::cancelled);
  s.kill(s.manager);
  CHECK(running.value().status == task_status::lost);
  CHECK_THAT(running.value().error, ContainsSubstring(workers[0].value));
  REQUIRE(several.value().results.size() == 2);
  for (const auto& each : several.value().results)
    CHECK(each.status == task_status::lost);
  CHECK(closed.failure().code == errc::internal);
  CHECK(s.was_stopped("running")); // the workers went as well
  CHECK(s.was_stopped("b"));
  CHECK(s.execute(workers[0], "more").failure().code == errc::unreachable);
}

TEST_CASE("the workers go when nobody knows their manager any more") {
  single_workers s;
  s.spawn(3);
  int gone = 0;
  for (const auto& [id, actor] : s.workers)
    caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor([&gone] { ++gone; });
  s.run();
  CHECK(gone == 0);
  s.manager = nullptr;
  s.run();
  CHECK(gone == 3);
}

TEST_CASE("single workers that are switched off refuse every request and name the setting") {
  single_workers s{[](auto& options) { options.enabled = false; }};
  worker_id nobody{"worker_x"};
  for (const auto& refused :
       {s.ask<workers_spawned>(spawn_workers{}).failure(), s.execute(nobody, "make").failure(),
        s.ask<worker_results>(execute_on_workers{}).failure(),
        s.ask<worker_results>(collect_results{}).failure(),
        s.ask<worker_list>(list_workers{}).failure(),
        s.ask<workers_closed>(close_worker{nobody}).failure(),
        s.ask<workers_closed>(close_all_workers{}).failure(),
        s.ask<workers_health>(get_workers_health{}).failure()}) {
    CHECK(refused.code == errc::unsupported);
    CHECK_THAT(refused.message, ContainsSubstring("workers.enabled"));
  }
}

TEST_CASE("the first use of single workers warns, in one manager of a process") {
  texts warnings;
  bool used = false;
  auto listen = [&](worker_manager_options& options) {
    options.warn = [&](std::string_view text) { warnings.emplace_back(text); };
    options.first_use = [&] { return !std::exchange(used, true); };
  };
  single_workers first{listen};
  single_workers second{listen};
  first.health(); // the server itself asks for that
  CHECK(warnings.empty());
  second.spawn(1);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings.front(), ContainsSubstring("deprecated") && ContainsSubstring("pool"));
  second.spawn(1);
  first.spawn(1);
  first.listed();
  CHECK(warnings.size() == 1);
}

TEST_CASE("there is one first use in a process") {
  first_use_of_single_workers();
  CHECK_FALSE(first_use_of_single_workers());
  CHECK_FALSE(worker_manager_options{}.first_use());
}
