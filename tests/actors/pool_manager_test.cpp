// SPDX-License-Identifier: MIT
#include "deterministic.hpp"
#include "support/scratch.hpp"

#include <set>

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a pool is found by its name and by its id") {
  running_server s;
  auto pool = s.spawn("build");
  CHECK(pool.status == "created");
  auto by_name = s.execute("build", "a");
  s.finish("a");
  CHECK(by_name.value().pool == pool.pool);
  auto by_id = s.execute(pool.pool.value, "b");
  s.finish("b");
  CHECK(by_id.value().pool == pool.pool);
}

TEST_CASE("a name can be taken once, and again after its pool is closed") {
  running_server s;
  s.spawn("build");
  pool_config wish;
  wish.name = "build";
  auto second = s.ask<pool_spawned>(s.control, spawn_pool{wish});
  CHECK(second.failure().code == errc::already_exists);
  s.ask<pool_closed>(s.control, close_pool{"build"}).value();
  s.spawn("build");
}

TEST_CASE("an unknown pool is named, beside those that exist") {
  running_server s;
  CHECK_THAT(s.execute("nope", "x").failure().message,
             ContainsSubstring("'nope'") && ContainsSubstring("pool spawn"));
  s.spawn("build");
  auto unknown = s.execute("nope", "x");
  CHECK(unknown.failure().code == errc::not_found);
  CHECK_THAT(unknown.failure().message, ContainsSubstring("build"));
}

TEST_CASE("with pools turned off, none can be spawned") {
  deterministic s;
  auto options = s.manager_options();
  options.enabled = false;
  s.start(options);
  auto refused = s.ask<pool_spawned>(s.control, spawn_pool{});
  CHECK(refused.failure().code == errc::unsupported);
  CHECK_THAT(refused.failure().message, ContainsSubstring("pools.enabled"));
}

TEST_CASE("pools are listed oldest first") {
  running_server s;
  for (const auto* name : {"z", "a", "m"})
    s.spawn(name);
  std::vector<std::string> names;
  for (const auto& each : s.ask<pool_list>(s.control, list_pools{}).value().pools)
    names.push_back(each.name);
  CHECK(names == std::vector<std::string>{"z", "a", "m"});
}

TEST_CASE("without a pool there is nowhere to route") {
  running_server s;
  auto nowhere = s.route("x");
  CHECK(nowhere.failure().code == errc::no_pools);
}

TEST_CASE("least_loaded follows the work in flight and not the number of workers") {
  running_server s;
  auto small = s.spawn("small", 1);
  auto large = s.spawn("large", 3);
  std::vector<std::string> names{"1", "2", "3", "4"};
  std::vector<pending<task_result>> answers;
  for (const auto& each : names)
    answers.push_back(s.route(each, "least_loaded"));
  for (const auto& each : names)
    s.finish(each);
  std::map<pool_id, int> count;
  for (const auto& each : answers)
    ++count[each.value().pool];
  CHECK(count == std::map<pool_id, int>{{small.pool, 1}, {large.pool, 3}});
}

TEST_CASE("a finished task counts no more for its pool") {
  running_server s;
  auto a = s.spawn("a");
  auto b = s.spawn("b");
  auto on_a = s.execute("a", "1");
  auto on_b = s.execute("b", "2");
  s.finish("2");
  auto routed = s.route("3", "least_loaded");
  s.finish("3");
  CHECK(routed.value().pool == b.pool);
}

TEST_CASE("a refused task counts no more for its pool either") {
  running_server s;
  s.spawn("a", 1, 1);
  auto b = s.spawn("b", 1, 1);
  std::vector<pending<task_result>> on_a;
  for (int i = 0; i < 5; ++i)
    on_a.push_back(s.execute("a", "a" + std::to_string(i)));
  s.finish("a0");
  s.finish("a1"); // now a is empty: 3 were refused
  auto on_b = s.execute("b", "b");
  auto routed = s.route("x", "least_loaded");
  s.finish("x");
  CHECK(routed.value().pool != b.pool);
}

TEST_CASE("round_robin takes the pools in turn") {
  running_server s;
  auto a = s.spawn("a");
  auto b = s.spawn("b");
  std::vector<pool_id> seen;
  for (const auto* each : {"1", "2", "3"}) {
    auto answer = s.route(each, "round_robin");
    s.finish(each);
    seen.push_back(answer.value().pool);
  }
  CHECK(seen == std::vector{a.pool, b.pool, a.pool});
}

TEST_CASE("affinity takes the name or the id of a pool and must be given") {
  running_server s;
  s.spawn("a");
  auto b = s.spawn("b");
  auto by_name = s.route("1", "affinity", "b");
  s.finish("1");
  CHECK(by_name.value().pool == b.pool);
  auto by_id = s.route("2", "affinity", b.pool.value);
  s.finish("2");
  CHECK(by_id.value().pool == b.pool);
  CHECK(s.route("3", "affinity").failure().code == errc::invalid_argument);
  std::set<pool_id> of_key;
  for (int i = 0; i < 5; ++i) { // a key that names no pool sticks to one
    auto prompt = "key " + std::to_string(i);
    auto by_key = s.route(prompt, "affinity", "zzz");
    s.finish(prompt);
    of_key.insert(by_key.value().pool);
  }
  CHECK(of_key.size() == 1);
}

TEST_CASE("sticky keys go where they went with an earlier server, although there are more pools") {
  scratch place;
  auto path = (place / "affinity").string();
  std::map<std::string, std::string> pool_of;
  auto keys = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 40; ++i)
      all.push_back("key " + std::to_string(i));
    return all;
  }();
  auto route_all = [&](deterministic& s) {
    std::map<std::string, std::string> found;
    for (const auto& key : keys) {
      auto routed = s.route(key, "affinity", key);
      s.finish(key);
      found[key] = routed.value().pool.value;
    }
    return found;
  };
  struct server_with_keys : deterministic {
    explicit server_with_keys(const std::string& path, const std::vector<restored_pool>& pools) {
      store::key_homes_file file{path};
      auto options = manager_options();
      options.restored_homes = file.read(100).value();
      options.key_keeper = keeper = spawn_key_keeper(system(), file, false);
      options.restored = pools;
      start(options);
    }
    ~server_with_keys() { caf::anon_send_exit(keeper, caf::exit_reason::user_shutdown); }
    key_keeper_actor keeper;
  };
  auto pool = [](const std::string& name) {
    restored_pool made;
    made.id = pool_id{"pool_" + name};
    made.config.name = name;
    made.config.type = "mahavishnu";
    made.config.worker_type = "shell";
    made.config.min_workers = made.config.max_workers = 1;
    made.config.queue_limit = 100;
    made.config.worker_concurrency = 1;
    return made;
  };
  std::map<std::string, std::string> before;
  {
    server_with_keys s{path, {pool("a"), pool("b")}};
    before = route_all(s);
  }
  CHECK(before[keys[0]].starts_with("pool_"));
  // With other pools, hashing alone would move some of them.
  server_with_keys s{path, {pool("d"), pool("b"), pool("c"), pool("a")}};
  CHECK(route_all(s) == before);
}

TEST_CASE("an unknown selector is refused with the known ones") {
  running_server s;
  s.spawn("a");
  auto refused = s.route("x", "fastest");
  CHECK(refused.failure().code == errc::invalid_argument);
  CHECK_THAT(refused.failure().message,
             ContainsSubstring("'fastest'") && ContainsSubstring("least_loaded"));
}

TEST_CASE("an empty prompt is refused before it reaches a pool") {
  running_server s;
  s.spawn("a");
  CHECK(s.execute("a", "").failure().code == errc::invalid_argument);
  CHECK(s.route(" ").failure().code == errc::invalid_argument);
  CHECK(s.prompts().empty());
}

TEST_CASE("closing all pools answers when nothing runs any more") {
  running_server s;
  s.spawn("a");
  s.spawn("b");
  auto running = s.execute("a", "running");
  auto closed = s.ask<pools_closed>(s.control, close_all_pools{});
  CHECK_FALSE(closed.has_come());
  s.finish("running", exit_with(143));
  CHECK(closed.value().count == 2);
  CHECK(s.ask<pool_list>(s.control, list_pools{}).value().pools.empty());
}

TEST_CASE("the same seed gives the same ids") {
  auto ids = [] {
    running_server s;
    auto pool = s.spawn("a");
    auto answer = s.execute("a", "x");
    s.finish("x");
    return std::tuple{pool.pool, answer.value().worker, answer.value().task};
  };
  CHECK(ids() == ids());
}
