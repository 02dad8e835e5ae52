// SPDX-License-Identifier: MIT
#include "app/http_routes.hpp"
#include "mahavishnu/app/orchestrator.hpp"
#include "mahavishnu/app/worker_manager.hpp"
#include "mahavishnu/config/load.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"
#include "support/tasks.hpp"

#include <condition_variable>
#include <mutex>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::unique_ptr<orchestrator> start() {
  auto started = orchestrator::start();
  REQUIRE(started.has_value());
  return std::move(*started);
}

pool_spawned spawn(orchestrator& inside, const std::string& worker_type,
                   const std::string& name = {}) {
  pool_config wish;
  wish.name = name;
  wish.worker_type = worker_type;
  auto pool = inside.spawn_pool(wish).get();
  REQUIRE(pool.has_value());
  return *pool;
}

} // namespace

TEST_CASE("an embedding program runs a task and closes its pool") {
  auto inside = start();
  auto pool = spawn(*inside, "shell", "mine");
  auto task = task_of("echo $GREETING; cat");
  task.environment["GREETING"] = "hello";
  task.stdin_text = "world";
  auto answer = inside->execute("mine", task).get();
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::completed);
  CHECK(answer->output.str() == "hello\nworld");
  CHECK(inside->list_pools().get()->pools.size() == 1);
  CHECK(inside->close_pool("mine").get()->pool == pool.pool);
  CHECK(inside->list_pools().get()->pools.empty());
}

TEST_CASE("a task that takes too long is ended, with all that it started") {
  auto inside = start();
  spawn(*inside, "shell");
  auto task = task_of("sleep 1000 & echo $!; wait");
  task.timeout = std::chrono::milliseconds{300};
  auto answer = inside->route(task).get();
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::timed_out);
  CHECK(answer->duration >= task.timeout);
  CHECK(ends(std::stoi(answer->output.str())));
}

TEST_CASE("two orchestrators in one program know nothing of each other") {
  auto a = start();
  auto b = start();
  spawn(*a, "shell");
  CHECK(a->list_pools().get()->pools.size() == 1);
  CHECK(b->list_pools().get()->pools.empty());
}

TEST_CASE("an answer can be waited for, be a future, or call back") {
  auto inside = start();
  spawn(*inside, "noop", "mine");
  auto task = task_of("x");
  auto future = inside->execute("mine", task).future();
  CHECK(future.get()->status == task_status::completed);
  std::promise<task_status> called;
  inside->execute("mine", task).then([&](const result<task_result>& end) {
    called.set_value(end->status);
  });
  CHECK(called.get_future().get() == task_status::completed);
  CHECK(inside->execute("nope", task).get().error().code == errc::not_found);
}

TEST_CASE("answers that are still on their way come when the orchestrator goes") {
  std::promise<bool> called;
  {
    auto inside = start();
    spawn(*inside, "shell");
    auto task = task_of("sleep 1000");
    inside->route(task).then([&](const result<task_result>& end) {
      called.set_value(end.has_error() || end->status == task_status::cancelled);
    });
  }
  CHECK(called.get_future().get());
}

TEST_CASE("a task is submitted, looked at, cancelled and waited for by its id") {
  auto inside = start();
  spawn(*inside, "shell", "mine");
  submit_task task;
  task.spec = task_of("sleep 1000");
  auto accepted = inside->submit(task).get();
  REQUIRE(accepted.has_value());
  CHECK(inside->list_tasks().get()->tasks.size() == 1);
  CHECK(inside->cancel(accepted->task).get().has_value());
  auto end = inside->wait(accepted->task).get();
  REQUIRE(end.has_value());
  CHECK(end->status == task_status::cancelled);
  auto about = inside->describe_task(accepted->task).get();
  REQUIRE(about.has_value());
  CHECK(about->status == task_status::cancelled);
  CHECK(about->history.size() == 3);
  CHECK(inside->wait(task_id{1, 1}).get().error().code == errc::not_found);
}

TEST_CASE("who listens hears what happens until the listener goes") {
  auto inside = start();
  std::mutex mutex;
  std::condition_variable more;
  std::vector<notice> heard;
  {
    auto listening = inside->listen({}, [&](const notices& news) {
      std::lock_guard guard{mutex};
      heard.insert(heard.end(), news.items.begin(), news.items.end());
      more.notify_all();
    });
    REQUIRE(listening.has_value());
    spawn(*inside, "noop");
    std::unique_lock lock{mutex};
    CHECK(more.wait_for(lock, std::chrono::seconds{20}, [&] { return heard.size() >= 2; }));
    CHECK(heard.front().type() == notice_type::pool_created);
  }
  // It says so on its way out, and waits for no answer.
  bool is_gone = false;
  for (auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds{20};
       !is_gone && std::chrono::steady_clock::now() < give_up_at;)
    is_gone = inside->get_feed_stats().get()->subscribers == 0;
  CHECK(is_gone);
}

TEST_CASE("a pool knows the memory that its processes take") {
  auto inside = start();
  spawn(*inside, "shell", "mine");
  auto memory = [&] { return inside->describe_pool("mine").get()->metrics.memory_usage_mb; };
  CHECK(memory() == 0);
  message_pipe started;
  auto task = task_of("echo x > '" + started.path() + "'; sleep 1000");
  auto end = inside->execute("mine", task);
  started.wait_for_line();
  CHECK(memory() > 0.1);
  CHECK(inside->close_pool("mine").get().has_value());
  CHECK(end.get()->status == task_status::cancelled);
}

TEST_CASE("single workers keep working under their old names") {
  auto inside = start();
  worker_manager workers{*inside};
  auto ids = workers.spawn_workers("shell", 2);
  REQUIRE(ids.has_value());
  REQUIRE(ids->size() == 2);
  auto task = task_of("echo hello");
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
  CHECK(get("/mcp", "POST").status == 503); // not up yet
}

TEST_CASE("a program with a state directory has keepers and periodic tasks, and is alone in it") {
  scratch place;
  config::sources from;
  from.settings_dir = (place / "none").string();
  from.flags.push_back({"state_dir", (place / "state").string(), "--set"});
  auto settings = config::load(from).settings;
  REQUIRE(settings);
  REQUIRE(::setenv("MAHAVISHNU_KEEPER", MAHAVISHNU_KEEPER, 1) == 0);
  auto started = orchestrator::start(*settings);
  REQUIRE(started.has_value());
  auto& inside = **started;
  spawn(inside, "shell", "mine");
  auto parent = inside.execute("mine", task_of("tr '\\0' '\\n' </proc/$PPID/cmdline")).get();
  REQUIRE(parent.has_value());
  CHECK_THAT(parent->output.str(), ContainsSubstring("mahavishnu-keeper"));
  CHECK(orchestrator::start(*settings).error().code == errc::already_exists);

  place.write("hello.sh", "echo hello\n");
  add_periodic wish;
  wish.name = "hello";
  wish.script = (place / "hello.sh").string();
  REQUIRE(inside.add_periodic(wish).get().has_value());
  CHECK(inside.change_periodic("hello", periodic_change::disable).get()->task.enabled == false);
  CHECK(inside.list_periodic().get()->tasks.size() == 1);
  CHECK(inside.change_periodic("hello", periodic_change::remove).get().has_value());

  started->reset();
  CHECK(std::filesystem::is_empty(place / "state/keepers"));
}

TEST_CASE("a program without a state directory says why it has no periodic tasks") {
  auto refused = start()->list_periodic().get();
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("state_dir"));
}
