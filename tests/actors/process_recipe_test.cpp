// SPDX-License-Identifier: MIT
#include "actors/process_recipe.hpp"
#include "exec/process_runner.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

namespace {

using words = std::vector<std::string>;

const std::string some_run = task_id{1, 2}.str() + ".3";

process_recipe recipe(words command, prompt_mode prompt) {
  process_recipe made;
  made.command = std::move(command);
  made.prompt = prompt;
  return made;
}

task_spec task(std::string prompt) {
  task_spec made;
  made.prompt = shared_text{std::move(prompt)};
  return made;
}

task_run run_of(const task_spec& what) {
  task_run made;
  made.task = {1, 2};
  made.attempt = 3;
  made.spec = shared_spec{what};
  return made;
}

words argv_of(const process_recipe& of, const task_spec& what) {
  auto made = process_for(of, run_of(what));
  REQUIRE(made.has_value());
  return made->argv;
}

} // namespace

TEST_CASE("a prompt stands where the command has a place for it, and else behind it") {
  CHECK(argv_of(recipe({"sh", "-c", "{prompt}"}, prompt_mode::argument), task("a b")) ==
        words{"sh", "-c", "a b"});
  CHECK(argv_of(recipe({"tool", "--ask={prompt}", "-v"}, prompt_mode::argument), task("a b")) ==
        words{"tool", "--ask=a b", "-v"});
  CHECK(argv_of(recipe({"tool"}, prompt_mode::argument), task("a b")) == words{"tool", "a b"});
  CHECK(argv_of(recipe({"tool", "{prompt}"}, prompt_mode::none), task("a")) ==
        words{"tool", "{prompt}"});
}

TEST_CASE("what a prompt says is no placeholder") {
  CHECK(argv_of(recipe({"tool", "{prompt}"}, prompt_mode::argument), task("{prompt} {run}")) ==
        words{"tool", "{prompt} {run}"});
}

TEST_CASE("a prompt of words becomes arguments, and a bad one an error") {
  auto python = recipe({"python3"}, prompt_mode::words);
  CHECK(argv_of(python, task("run.py 'two words' $HOME")) ==
        words{"python3", "run.py", "two words", "$HOME"});
  CHECK_THAT(process_for(python, run_of(task("run.py 'two"))).error().message,
             ContainsSubstring("single quotes"));
  CHECK_THAT(process_for(recipe({}, prompt_mode::words), run_of(task(" "))).error().message,
             ContainsSubstring("no program"));
}

TEST_CASE("a prompt on standard input leaves no room for another input") {
  auto tool = recipe({"cat"}, prompt_mode::standard_input);
  auto what = task("hello");
  CHECK(process_for(tool, run_of(what))->stdin_text == "hello");
  CHECK(process_for(tool, run_of(what))->argv == words{"cat"});
  what.stdin_text = shared_text{"more"};
  CHECK_THAT(process_for(tool, run_of(what)).error().message, ContainsSubstring("stdin"));
}

TEST_CASE("a prompt can be a file that is read once") {
  CHECK(argv_of(recipe({"jq", "-f", "{file}", "data.json"}, prompt_mode::file), task(".a")) ==
        words{"jq", "-f", "/dev/stdin", "data.json"});
  auto awk = recipe({"awk", "-f"}, prompt_mode::file);
  CHECK(argv_of(awk, task("{ print }")) == words{"awk", "-f", "/dev/stdin"});
  CHECK(process_for(awk, run_of(task("{ print }")))->stdin_text == "{ print }");
}

TEST_CASE("a container gets the variables and the directory of its task, and a name to end it by") {
  auto tool = recipe(
      {"podman", "run", "--name", "m-{run}", "{environment}", "{directory}", "debian", "{prompt}"},
      prompt_mode::argument);
  tool.environment = {{"LANG", "C"}};
  tool.clean_up = {"podman", "rm", "m-{run}"};
  auto what = task("true");
  what.environment = {{"A", "1"}};
  what.working_directory = "/src";
  CHECK(argv_of(tool, what) == words{"podman", "run", "--name", "m-" + some_run, "--env", "LANG",
                                     "--env", "A", "--volume", "/src:/src", "--workdir", "/src",
                                     "debian", "true"});
  CHECK(argv_of(tool, task("true")) ==
        words{"podman", "run", "--name", "m-" + some_run, "--env", "LANG", "debian", "true"});
  CHECK(clean_up_for(tool, run_of(what)).argv == words{"podman", "rm", "m-" + some_run});
}

TEST_CASE("the variables of a task are stronger than those of its worker type") {
  auto tool = recipe({"tool"}, prompt_mode::none);
  tool.environment = {{"A", "type"}};
  auto what = task("x");
  what.environment = {{"A", "task"}};
  auto made = process_for(tool, run_of(what))->environment;
  CHECK(made.back() == std::pair<std::string, std::string>{"A", "task"}); // the later one wins
}
