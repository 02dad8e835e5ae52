// SPDX-License-Identifier: MIT
#include "cli/command_tree.hpp"
#include "cli/completion.hpp"
#include "support/catch.hpp"

#include <CLI/CLI.hpp>

using namespace mahavishnu;
using namespace mahavishnu::cli;

namespace {

completion_question asked(const std::vector<std::string>& words) {
  services above;
  invocation now{above, {}, {}, {}, {}};
  return question_of(page_of(*command_tree(now)), words);
}

std::vector<std::string> values(const std::vector<std::string>& words,
                                std::vector<suggestion> from_source = {}) {
  std::vector<std::string> all;
  for (const auto& each : fitting(asked(words), std::move(from_source)))
    all.push_back(each.value);
  return all;
}

using words = std::vector<std::string>;

} // namespace

TEST_CASE("commands are completed at every depth") {
  CHECK(values({"vers"}) == words{"version"});
  CHECK(values({"pool", "des"}) == words{"describe"});
  CHECK(values({"auth", "token", ""}) == words{"create", "verify"});
  CHECK(values({"no-such-command", ""}).empty());
  CHECK(values({"__comp"}).empty());
}

TEST_CASE("options are those of the command and of all above it") {
  CHECK(values({"pool", "spawn", "--dura"}) == words{"--durability"});
  CHECK(values({"pool", "spawn", "--state"}) == words{"--state-dir"});
  CHECK(values({"pool", "list", "--dura"}).empty());
  CHECK(values({"up", "--ready"}).empty()); // a hidden one
}

TEST_CASE("what an argument takes depends on its command") {
  CHECK(asked({"pool", "describe", ""}).source == value_source::pools);
  CHECK(asked({"task", "show", "task_"}).source == value_source::tasks);
  CHECK(asked({"runs", "cancel", ""}).source == value_source::runs);
  CHECK(asked({"workers", "close", ""}).source == value_source::workers);
  CHECK(asked({"worker-types", "probe", ""}).source == value_source::worker_types);
  CHECK(asked({"periodic", "run", ""}).source == value_source::periodic);
  CHECK(asked({"periodic", "add", "--name", ""}).source == value_source::none);
  CHECK(asked({"config", "get", ""}).source == value_source::settings);
  CHECK(asked({"store", "backup", ""}).source == value_source::files);
  CHECK(asked({"exec", "a.py", "--", ""}).source == value_source::files);
}

TEST_CASE("an argument that can be given once is not suggested twice") {
  CHECK(asked({"pool", "describe", "local", ""}).source == value_source::none);
  CHECK(asked({"pool", "monitor", "local", ""}).source == value_source::pools);
}

TEST_CASE("the value of an option is completed in all its ways to be written") {
  CHECK(asked({"task", "list", "--pool", ""}).source == value_source::pools);
  CHECK(asked({"pool", "spawn", "-w", ""}).source == value_source::worker_types);
  auto behind = asked({"task", "list", "--pool=lo"});
  CHECK(behind.source == value_source::pools);
  CHECK(behind.before == "--pool=");
  CHECK(behind.begun == "lo");
  CHECK(values({"task", "list", "--pool=lo"}, {{"local", ""}, {"other", ""}}) ==
        words{"--pool=local"});
  CHECK(asked({"events", "-f", ""}).source == value_source::none); // a flag
}

TEST_CASE("options before and between the words do not confuse who reads them") {
  auto question = asked({"--state-dir", "/there", "-o", "json", "--set=mcp.port=0", "pool",
                         "--settings-dir=/settings", "describe", ""});
  CHECK(question.source == value_source::pools);
  CHECK(question.state_dir == "/there");
  CHECK(question.settings_dir == "/settings");
  CHECK(question.sets == words{"mcp.port=0"});
}

TEST_CASE("values that are always the same are known") {
  CHECK(values({"-o", "js"}) == words{"json", "jsonl"});
  CHECK(values({"pool", "spawn", "--when-full", ""}) == words{"refuse", "wait"});
  CHECK(values({"completion", ""}) == words{"bash", "zsh", "fish"});
  CHECK(values({"pool", "route", "--selector", "l"}) == words{"least_loaded"});
  CHECK(values({"auth", "token", "create", "--scope", "read,w"}) == words{"read,write"});
}

TEST_CASE("settings have names and values") {
  auto has = [](const std::vector<suggestion>& all, const std::string& value) {
    return std::ranges::find(all, value, &suggestion::value) != all.end();
  };
  CHECK(has(settings_suggested(true), "pools.max_workers"));
  CHECK(has(settings_suggested(true), "pools"));
  CHECK_FALSE(has(settings_suggested(false), "pools"));
  CHECK(values_of_setting("auth.enabled") == std::vector<suggestion>{{"true", ""}, {"false", ""}});
  CHECK(has(values_of_setting("pools.routing_strategy"), "least_loaded"));
  CHECK(values_of_setting("no.such").empty());
  CHECK(values_of_setting("auth.secret").empty());
  CHECK(has(assignments_suggested("pools.max"), "pools.max_workers="));
  CHECK(has(assignments_suggested("auth.enabled=t"), "auth.enabled=true"));
}

TEST_CASE("what cannot stand on one line is not suggested") {
  CHECK(values({"pool", "describe", ""}, {{"a\nb", ""}, {"c\td", ""}, {"", ""}, {"e", ""}}) ==
        words{"e"});
}

TEST_CASE("a word keeps its text without its quotes, also when it is not complete") {
  CHECK(without_quotes("plain") == "plain");
  CHECK(without_quotes("my\\ pool") == "my pool");
  CHECK(without_quotes("\"my po") == "my po");
  CHECK(without_quotes("'my po") == "my po");
  CHECK(without_quotes("my\\") == "my");
  CHECK(without_quotes("") == "");
}

TEST_CASE("there is a script for three shells") {
  for (const auto* shell : {"bash", "zsh", "fish"})
    CHECK(completion_script(shell).find(completion_request) != std::string_view::npos);
  CHECK(completion_script("tcsh").empty());
}
