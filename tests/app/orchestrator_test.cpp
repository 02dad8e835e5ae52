// SPDX-License-Identifier: MIT
#include "app/http_routes.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mahavishnu/app/worker_manager.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"

#include <condition_variable>
#include <mutex>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("an embedding program runs a task and closes its pool") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  pool_config wish;
  wish.name = "mine";
  wish.worker_type = "shell";
  auto pool = (*inside)->spawn_pool(wish).get();
  REQUIRE(pool.has_value());
  task_spec task;
  task.prompt = "echo $GREETING; cat";
  task.environment["GREETING"] = "hello";
  task.stdin_text = "world";
  auto answer = (*inside)->execute("mine", task).get();
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::completed);
  CHECK(answer->output.str() == "hello\nworld");
  CHECK((*inside)->list_pools().get()->pools.size() == 1);
  CHECK((*inside)->close_pool("mine").get()->pool == pool->pool);
  CHECK((*inside)->list_pools().get()->pools.empty());
}

TEST_CASE("a task that takes too long is ended, with all that it started") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  pool_config wish;
  wish.worker_type = "shell";
  REQUIRE((*inside)->spawn_pool(wish).get().has_value());
  task_spec task;
  task.prompt = "sleep 1000 & echo $!; wait";
  task.timeout = std::chrono::milliseconds{300};
  auto answer = (*inside)->route(task).get();
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::timed_out);
  CHECK(answer->duration >= task.timeout);
  CHECK(ends(std::stoi(answer->output.str())));
}

TEST_CASE("two orchestrators in one program know nothing of each other") {
  auto a = orchestrator::start();
  auto b = orchestrator::start();
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  pool_config wish;
  wish.worker_type = "shell";
  REQUIRE((*a)->spawn_pool(wish).get().has_value());
  CHECK((*a)->list_pools().get()->pools.size() == 1);
  CHECK((*b)->list_pools().get()->pools.empty());
}

TEST_CASE("an answer can be waited for, be a future, or call back") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  auto& o = **inside;
  pool_config wish;
  wish.name = "mine";
  wish.worker_type = "noop";
  REQUIRE(o.spawn_pool(wish).get().has_value());
  task_spec task;
  task.prompt = "x";
  auto future = o.execute("mine", task).future();
  CHECK(future.get()->status == task_status::completed);
  std::promise<task_status> called;
  o.execute("mine", task).then([&](const result<task_result>& end) {
    called.set_value(end->status);
  });
  CHECK(called.get_future().get() == task_status::completed);
  CHECK(o.execute("nope", task).get().error().code == errc::not_found);
}

TEST_CASE("answers that are still on their way come when the orchestrator goes") {
  std::promise<bool> called;
  {
    auto inside = orchestrator::start();
    REQUIRE(inside.has_value());
    pool_config wish;
    wish.worker_type = "shell";
    REQUIRE((*inside)->spawn_pool(wish).get().has_value());
    task_spec task;
    task.prompt = "sleep 1000";
    (*inside)->route(task).then([&](const result<task_result>& end) {
      called.set_value(end.has_error() || end->status == task_status::cancelled);
    });
  }
  CHECK(called.get_future().get());
}

TEST_CASE("a task is submitted, looked at, cancelled and waited for by its id") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  auto& o = **inside;
  pool_config wish;
  wish.name = "mine";
  wish.worker_type = "shell";
  REQUIRE(o.spawn_pool(wish).get().has_value());
  submit_task task;
  task_spec spec;
  spec.prompt = "sleep 1000";
  task.spec = spec;
  auto accepted = o.submit(task).get();
  REQUIRE(accepted.has_value());
  CHECK(o.list_tasks().get()->tasks.size() == 1);
  CHECK(o.cancel(accepted->task).get().has_value());
  auto end = o.wait(accepted->task).get();
  REQUIRE(end.has_value());
  CHECK(end->status == task_status::cancelled);
  auto about = o.describe_task(accepted->task).get();
  REQUIRE(about.has_value());
  CHECK(about->status == task_status::cancelled);
  CHECK(about->history.size() == 3);
  CHECK(o.wait(task_id{1, 1}).get().error().code == errc::not_found);
}

TEST_CASE("who listens hears what happens until the listener goes") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  auto& o = **inside;
  std::mutex mutex;
  std::condition_variable more;
  std::vector<notice> heard;
  {
    auto listening = o.listen({}, [&](const notices& news) {
      std::lock_guard guard{mutex};
      heard.insert(heard.end(), news.items.begin(), news.items.end());
      more.notify_all();
    });
    REQUIRE(listening.has_value());
    pool_config wish;
    wish.worker_type = "noop";
    REQUIRE(o.spawn_pool(wish).get().has_value());
    std::unique_lock lock{mutex};
    CHECK(more.wait_for(lock, std::chrono::seconds{20}, [&] { return heard.size() >= 2; }));
    CHECK(heard.front().type() == notice_type::pool_created);
  }
  CHECK(o.get_feed_stats().get()->subscribers == 0);
}

TEST_CASE("a pool knows the memory that its processes take") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  auto& o = **inside;
  pool_config wish;
  wish.name = "mine";
  wish.worker_type = "shell";
  REQUIRE(o.spawn_pool(wish).get().has_value());
  auto memory = [&] { return o.describe_pool("mine").get()->metrics.memory_usage_mb; };
  CHECK(memory() == 0);
  scratch where;
  mailbox started{where / "started"};
  task_spec task;
  task.prompt = "echo x > '" + started.path() + "'; sleep 1000";
  auto end = o.execute("mine", task);
  started.line();
  CHECK(memory() > 0.1);
  CHECK(o.close_pool("mine").get().has_value());
  CHECK(end.get()->status == task_status::cancelled);
}

TEST_CASE("single workers keep working under their old names") {
  auto inside = orchestrator::start();
  REQUIRE(inside.has_value());
  worker_manager workers{**inside};
  auto ids = workers.spawn_workers("shell", 2);
  REQUIRE(ids.has_value());
  REQUIRE(ids->size() == 2);
  task_spec task;
  task.prompt = "echo hello";
  auto alone = workers.execute_task(ids->front(), task);
  REQUIRE(alone.has_value());
  CHECK(alone->output.str() == "hello\n");
  auto both = workers.execute_batch(*ids, {task, task});
  REQUIRE(both.has_value());
  CHECK(both->size() == 2);
  CHECK(workers.execute_batch(*ids, {task}).error().code == errc::invalid_argument);
  CHECK(workers.collect_results()->size() == 2);
  CHECK(workers.monitor_workers(*ids)->size() == 2);
  CHECK(workers.health_check()->status == "healthy");
  CHECK(workers.close_worker(ids->front()).has_value());
  CHECK(workers.list_workers()->size() == 1);
  CHECK(workers.close_all().value() == 1);
  CHECK(workers.execute_task(ids->back(), task).error().code == errc::not_found);
}

TEST_CASE("the HTTP side tells liveness from readiness") {
  http_facts facts{"Mahavishnu", "/mcp", false, 1.5};
  auto get = [&](const std::string& target, const std::string& method = "GET") {
    net::http_request request;
    request.method = method;
    request.target = target;
    return route(request, facts);
  };
  CHECK(get("/livez").status == 200);
  CHECK(get("/readyz").status == 503);
  CHECK(get("/health").status == 503);
  facts.ready = true;
  CHECK(get("/readyz?verbose").status == 200);
  CHECK_THAT(get("/health").body, ContainsSubstring("\"uptime_seconds\":1.5"));
  CHECK(get("/version").status == 200);
  CHECK(get("/nothing").status == 404);
  CHECK(get("/livez", "POST").status == 405);
  CHECK(get("/mcp", "POST").status == 501);
}
