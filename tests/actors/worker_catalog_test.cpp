// SPDX-License-Identifier: MIT
#include "deterministic.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

/// A server with a tool that is there, one that is not, and one that has no version.
struct server_with_tools : deterministic {
  server_with_tools() {
    auto options = manager_options();
    process_recipe recipe;
    recipe.command = {"tool"};
    auto tool = process_worker(recipe);
    tool.built_in = false;
    tool.description = "A tool.";
    tool.version_command = {"tool", "--version"};
    tool.find_program = [] { return result<std::string>{"/bin/tool"}; };
    auto slow = tool;
    slow.version_command = {"slow", "--version"};
    slow.default_timeout = 20s;
    auto missing = tool;
    missing.find_program = [] {
      return result<std::string>{error{errc::not_found, "there is no 'tool'; install it"}};
    };
    options.types.emplace("tool", tool);
    options.types.emplace("slow", slow);
    options.types.emplace("missing", missing);
    start(std::move(options));
  }

  worker_type_info about(const worker_type_list& all, const std::string& name) {
    for (const auto& each : all.types)
      if (each.name == name)
        return each;
    FAIL("there is no type '" << name << "'");
    return {};
  }
};

} // namespace

TEST_CASE("the catalogue says what can be used, and what would make the rest usable") {
  server_with_tools s;
  auto all = s.ask<worker_type_list>(s.control, list_worker_types{}).value();
  CHECK(std::ranges::is_sorted(all.types, {}, &worker_type_info::name));
  auto tool = s.about(all, "tool");
  CHECK(tool.usable);
  CHECK(tool.program == "/bin/tool");
  CHECK(tool.version.empty());
  CHECK_FALSE(tool.built_in);
  auto missing = s.about(all, "missing");
  CHECK_FALSE(missing.usable);
  CHECK_THAT(missing.error, ContainsSubstring("install it"));
  CHECK(s.about(all, "noop").usable);
  CHECK(s.prompts().empty()); // nothing was started for it
}

TEST_CASE("a probe asks programs for their versions, and waits for none of them for long") {
  server_with_tools s;
  auto answer = s.ask<worker_type_list>(s.control, list_worker_types{{}, true});
  CHECK_FALSE(answer.has_come());
  std::map<std::string, exec::process_handle> asked;
  for (const auto& each : s.runner->started())
    asked.emplace(each.spec.argv.front(), each.handle);
  REQUIRE(asked.size() == 2);
  s.runner->finish(asked.at("tool"), exit_with(0, "\n  tool 1.2.3 \nmore\n"));
  s.run();
  CHECK_FALSE(answer.has_come());
  s.advance(5s);
  auto all = answer.value();
  CHECK(s.about(all, "tool").version == "tool 1.2.3");
  CHECK_FALSE(s.about(all, "slow").usable);
  CHECK_THAT(s.about(all, "slow").error, ContainsSubstring("5 s"));
  CHECK(s.runner->stopped() == std::vector{asked.at("slow")});
}

TEST_CASE("only the named type is probed, and an unknown name is an error") {
  server_with_tools s;
  auto answer = s.ask<worker_type_list>(s.control, list_worker_types{"tool", true});
  REQUIRE(s.runner->started().size() == 1);
  s.runner->finish(s.runner->started().front().handle, exit_with(3, "no daemon\n"));
  s.run();
  auto tool = answer.value().types.at(0);
  CHECK_FALSE(tool.usable);
  CHECK_THAT(tool.error, ContainsSubstring("code 3: no daemon"));
  CHECK(s.ask<worker_type_list>(s.control, list_worker_types{"nonsense", false}).failure().code ==
        errc::not_found);
}

TEST_CASE("a pool of a type that cannot run is refused with the reason and the fix") {
  server_with_tools s;
  pool_config wish;
  wish.name = "build";
  wish.worker_type = "missing";
  auto refused = s.ask<pool_spawned>(s.control, spawn_pool{wish}).failure();
  CHECK(refused.code == errc::unsupported);
  CHECK_THAT(refused.message, ContainsSubstring("'build'") && ContainsSubstring("'missing'") &&
                                  ContainsSubstring("install it"));
  auto workers = s.ask<workers_spawned>(s.control, spawn_workers{"missing", 1}).failure();
  CHECK_THAT(workers.message, ContainsSubstring("install it"));
}

TEST_CASE("a task on a pool gets the time-out of its worker type") {
  server_with_tools s;
  pool_config wish;
  wish.name = "build";
  wish.worker_type = "slow";
  wish.min_workers = 1;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  auto answer = s.execute("build", "x");
  s.advance(21s);
  CHECK(s.was_stopped("x"));
}

TEST_CASE("a task whose prompt cannot be a command fails and says why") {
  deterministic s;
  auto options = s.manager_options();
  process_recipe recipe;
  recipe.prompt = prompt_mode::words;
  options.types.emplace("process", process_worker(recipe));
  s.start(std::move(options));
  pool_config wish;
  wish.name = "build";
  wish.worker_type = "process";
  wish.min_workers = 1;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  auto answer = s.execute("build", "say 'hi").value();
  CHECK(answer.status == task_status::failed);
  CHECK_THAT(answer.error, ContainsSubstring("single quotes"));
  CHECK_FALSE(s.execute("build", "ls -l").has_come()); // the worker goes on
  CHECK(s.runner->started().back().spec.argv == std::vector<std::string>{"ls", "-l"});
}

TEST_CASE("what a stopped task leaves behind is cleaned up") {
  deterministic s;
  auto options = s.manager_options();
  process_recipe recipe;
  recipe.command = {"podman", "run"};
  recipe.clean_up = {"podman", "rm", "{run}"};
  options.types.emplace("container", process_worker(recipe));
  s.start(std::move(options));
  pool_config wish;
  wish.name = "build";
  wish.worker_type = "container";
  wish.min_workers = 1;
  s.ask<pool_spawned>(s.control, spawn_pool{wish}).value();
  task_spec spec;
  spec.prompt = shared_text{"x"};
  spec.timeout = 5s;
  auto answer = s.ask<task_result>(s.control, execute_on_pool{"build", spec});
  s.advance(6s);
  CHECK(s.was_stopped("x"));
  s.finish("x", exit_with(137));
  CHECK(answer.value().status == task_status::timed_out);
  CHECK(s.runner->started().back().spec.argv ==
        std::vector<std::string>{"podman", "rm", answer.value().task.str() + ".1"});
}
