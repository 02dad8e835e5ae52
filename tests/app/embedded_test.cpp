// SPDX-License-Identifier: MIT
#include "app/http_routes.hpp"
#include "mahavishnu/app/embedded.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("an embedding program runs a task and closes its pool") {
  auto inside = embedded::start();
  REQUIRE(inside.has_value());
  pool_config wish;
  wish.name = "mine";
  wish.worker_type = "shell";
  auto pool = (*inside)->spawn_pool(wish);
  REQUIRE(pool.has_value());
  task_spec task;
  task.prompt = "echo $GREETING; cat";
  task.environment["GREETING"] = "hello";
  task.stdin_text = "world";
  auto answer = (*inside)->execute("mine", task);
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::completed);
  CHECK(answer->output.str() == "hello\nworld");
  CHECK((*inside)->list_pools()->pools.size() == 1);
  CHECK((*inside)->close_pool("mine")->pool == pool->pool);
  CHECK((*inside)->list_pools()->pools.empty());
}

TEST_CASE("a task that takes too long is ended, with all that it started") {
  auto inside = embedded::start();
  REQUIRE(inside.has_value());
  pool_config wish;
  wish.worker_type = "shell";
  REQUIRE((*inside)->spawn_pool(wish).has_value());
  task_spec task;
  task.prompt = "sleep 1000 & echo $!; wait";
  task.timeout = std::chrono::milliseconds{300};
  auto answer = (*inside)->route(task);
  REQUIRE(answer.has_value());
  CHECK(answer->status == task_status::timed_out);
  CHECK(answer->duration >= task.timeout);
  CHECK(ends(std::stoi(answer->output.str())));
}

TEST_CASE("two embedded systems know nothing of each other") {
  auto a = embedded::start();
  auto b = embedded::start();
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  pool_config wish;
  wish.worker_type = "shell";
  REQUIRE((*a)->spawn_pool(wish).has_value());
  CHECK((*a)->list_pools()->pools.size() == 1);
  CHECK((*b)->list_pools()->pools.empty());
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
