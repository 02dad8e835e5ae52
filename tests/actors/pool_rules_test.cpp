// SPDX-License-Identifier: MIT
#include "actors/pool_rules.hpp"
#include "actors/task_rules.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

const worker_facts workers{{"noop", {100, {}}}, {"shell", {1, {}}}, {"slow", {1, 1h}}};

std::string why_not(const pool_config& wish) {
  auto completed = complete(wish, pool_defaults{}, workers);
  REQUIRE(completed.has_error());
  return completed.error().message;
}

} // namespace

TEST_CASE("an empty wish gets the defaults") {
  auto config = complete({}, pool_defaults{}, workers);
  REQUIRE(config.has_value());
  CHECK(config->name == "default");
  CHECK(config->type == "mahavishnu");
  CHECK(config->worker_type == "shell");
  CHECK(config->min_workers == 1);
  CHECK(config->max_workers == 10);
  CHECK(config->queue_limit == 1000);
}

TEST_CASE("one bound moves the default of the other out of its way") {
  pool_config wish;
  wish.min_workers = 20;
  CHECK(complete(wish, pool_defaults{}, workers)->max_workers == 20);
  pool_defaults defaults;
  defaults.min_workers = 5;
  wish = {};
  wish.max_workers = 2;
  CHECK(complete(wish, defaults, workers)->min_workers == 2);
  wish = {};
  wish.start_workers = 3;
  CHECK(complete(wish, defaults, workers)->min_workers == 3);
  wish.start_workers = 30;
  CHECK(complete(wish, defaults, workers)->max_workers == 30);
}

TEST_CASE("a pool starts with as many workers as it must have, or more on request") {
  pool_config wish;
  wish.min_workers = 2;
  wish.max_workers = 4;
  CHECK(complete(wish, pool_defaults{}, workers)->first_workers() == 2);
  wish.start_workers = 3;
  CHECK(complete(wish, pool_defaults{}, workers)->first_workers() == 3);
  for (auto outside : {-1, 1, 5}) {
    wish.start_workers = outside;
    CHECK_THAT(why_not(wish), ContainsSubstring("start_workers must be between 2 and 4, not " +
                                                std::to_string(outside)));
  }
}

TEST_CASE("a wish that cannot be is refused with the pool, the limit and the fix") {
  pool_config wish;
  wish.name = "build";
  wish.min_workers = 4;
  wish.max_workers = 2;
  CHECK_THAT(why_not(wish),
             ContainsSubstring("'build'") && ContainsSubstring("(4)") && ContainsSubstring("(2)"));
  wish.max_workers = 200000;
  CHECK_THAT(why_not(wish), ContainsSubstring("1 and 100000"));
  wish = {};
  wish.min_workers = -1;
  CHECK_THAT(why_not(wish), ContainsSubstring("not -1"));
  wish = {};
  wish.worker_type = "terminal-qwen";
  CHECK_THAT(why_not(wish), ContainsSubstring("terminal-qwen") && ContainsSubstring("shell"));
  wish = {};
  wish.type = "cloud";
  CHECK_THAT(why_not(wish), ContainsSubstring("'cloud'"));
  wish = {};
  wish.queue_limit = -5;
  CHECK_THAT(why_not(wish), ContainsSubstring("queue_limit"));
  wish = {};
  wish.worker_concurrency = 2; // a shell runs one task at a time
  CHECK_THAT(why_not(wish),
             ContainsSubstring("worker_concurrency") && ContainsSubstring("1 and 1"));
  wish.worker_type = "noop";
  CHECK(complete(wish, pool_defaults{}, workers).has_value());
  wish = {};
  wish.worker_type = "slow";
  CHECK(complete(wish, pool_defaults{}, workers)->default_timeout == 1h); // that of the type
  wish.default_timeout = 5s;
  CHECK(complete(wish, pool_defaults{}, workers)->default_timeout == 5s);
  wish.durability = durability::sync;
  CHECK_THAT(why_not(wish), ContainsSubstring("durability"));
  wish = {};
  wish.retry.max_attempts = 1000;
  CHECK_THAT(why_not(wish), ContainsSubstring("max_attempts"));
  wish = {};
  wish.idle_limit = std::chrono::hours{24 * 365};
  CHECK_THAT(why_not(wish), ContainsSubstring("idle_limit"));
  wish = {};
  wish.labels[""] = "x";
  CHECK_THAT(why_not(wish), ContainsSubstring("label"));
}

TEST_CASE("a name with other than letters, digits, dots, dashes and underscores is refused") {
  for (const auto* name : {"a b", "a/b", "\xC3\xBC", "a\nb"}) {
    pool_config wish;
    wish.name = name;
    CHECK_THAT(why_not(wish), ContainsSubstring("cannot name a pool"));
  }
  pool_config wish;
  wish.name = std::string(65, 'x');
  CHECK_THAT(why_not(wish), ContainsSubstring("1 to 64"));
}

TEST_CASE("a task without a script, or with an impossible time, is refused") {
  task_spec spec;
  CHECK(check(spec).has_error());
  spec.prompt = " \n";
  CHECK(check(spec).has_error());
  spec.prompt = std::string{"a\0b", 3};
  CHECK(check(spec).has_error());
  spec.prompt = "true";
  CHECK(check(spec).has_value());
  spec.timeout = std::chrono::milliseconds{-1};
  CHECK(check(spec).has_error());
  spec.timeout = std::chrono::hours{24 * 365};
  CHECK(check(spec).has_error());
  spec.timeout = {};
  spec.deadline = std::chrono::milliseconds{-1};
  CHECK(check(spec).has_error());
  spec.deadline = {};
  spec.command = "true"; // and a prompt
  CHECK(check(spec).has_error());
  spec.prompt = {};
  CHECK(check(spec).has_value());
  spec.idempotency_key = std::string(513, 'x');
  CHECK(check(spec).has_error());
}
