// SPDX-License-Identifier: MIT
/// What only the process itself is to see, and the bounds on all that it starts.
#include "exec/cgroup.hpp"
#include "exec/keeper_support.hpp"
#include "exec/secret_files.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;
using exec::cgroup_limits;

namespace {

const std::string token = "token-that-nobody-else-sees";

process_spec with_secret(std::string script) {
  auto spec = shell(std::move(script));
  spec.secrets = {{"TOKEN", token}, {"EMPTY", ""}, {"BINARY", std::string("\0\n\xFF", 3)}};
  return spec;
}

/// Runs it in this process and in a keeper.
std::vector<process_exit> run_everywhere(const process_spec& spec) {
  keeper_place place;
  auto runner = place.open();
  return {run(spec), start(*runner, spec).wait()};
}

std::string refusal_of(const process_spec& spec) {
  auto made = exec::secret_files::make(spec);
  REQUIRE(made.has_error());
  CHECK(made.error().code == errc::invalid_argument);
  return made.error().message;
}

/// All that stands in the files of a directory and those below.
std::string all_text_in(const std::string& directory) {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      text += content_of(entry.path());
  return text;
}

std::optional<std::string> why_no_cgroup() {
  auto support = exec::cgroup_probe();
  if (support)
    return std::nullopt;
  WARN("no cgroup here: " << support.error().message);
  return support.error().message;
}

} // namespace

TEST_CASE("a process reads its secrets from descriptors, and so do its children") {
  auto spec = with_secret("cat <&$TOKEN_FD; cat <&$EMPTY_FD; cat /dev/fd/$BINARY_FD; "
                          "sh -c 'cat /dev/fd/$TOKEN_FD'");
  for (const auto& exit : run_everywhere(spec)) {
    CHECK_FALSE(exit.failure);
    CHECK(exit.standard_output == token + std::string("\0\n\xFF", 3) + token);
    CHECK(exit.standard_error == "");
  }
}

TEST_CASE("a secret is in no argument, no environment and no file, and nobody changes it") {
  keeper_place place;
  auto runner = place.open();
  message_pipe ready;
  auto spec =
      with_secret("echo changed >&$TOKEN_FD || echo $$ > " + ready.path() + "; exec sleep 1000");
  auto process = start(*runner, spec);
  auto proc = "/proc/" + ready.wait_for_line();
  // While a program takes the place of another there is no environment to be seen.
  REQUIRE(comes_true([&] { return content_of(proc + "/cmdline").starts_with("sleep"); }));
  CHECK_THAT(content_of(proc + "/environ"), ContainsSubstring("TOKEN_FD=3"));
  for (auto file : {"/environ", "/cmdline"})
    CHECK_THAT(content_of(proc + file), !ContainsSubstring(token));
  CHECK_THAT(all_text_in(place.path()), !ContainsSubstring(token));
  CHECK(content_of(proc + "/fd/3") == token);
  runner->stop(process.handle);
  CHECK(process.wait().signal == SIGTERM);
}

TEST_CASE("starting processes with secrets leaves no descriptor behind") {
  auto runner = open_runner();
  start(*runner, with_secret("exit 0")).wait();
  auto before = open_descriptors();
  for (int i = 0; i < 3; ++i)
    start(*runner, with_secret("exit 0")).wait();
  auto missing = with_secret("exit 0");
  missing.argv = {"/nowhere/program"};
  CHECK(start(*runner, missing).wait().failure->code == errc::not_found);
  // The runner may just be looking for what runs have left.
  CHECK(comes_true([&] { return open_descriptors() <= before; }));
}

TEST_CASE("secrets that cannot be given are refused by name") {
  auto spec = shell("exit 0");
  for (std::string name : {"", "A-B", "1A", "A=B", "A B"}) {
    spec.secrets = {{name, token}};
    CHECK_THAT(refusal_of(spec), ContainsSubstring("name of secret 0"));
  }
  spec.secrets = {{"TWICE", token}, {"TWICE", token}};
  CHECK_THAT(refusal_of(spec), ContainsSubstring("'TWICE'"));
  spec.secrets = {{"TOKEN", token}};
  spec.environment = {{"TOKEN_FD", "7"}};
  CHECK_THAT(refusal_of(spec), ContainsSubstring("'TOKEN_FD'"));
  spec.environment.clear();
  spec.secrets = {{"LONG", std::string((1u << 20) + 1, 'x')}};
  auto refused = refusal_of(spec);
  CHECK_THAT(refused, ContainsSubstring("1048577 bytes"));
  spec.secrets.clear();
  for (int i = 0; i < 65; ++i)
    spec.secrets.push_back({"S" + std::to_string(i), token});
  refused = refusal_of(spec);
  CHECK_THAT(refused, ContainsSubstring("64 secrets"));
  CHECK_THAT(refused, !ContainsSubstring(token));
}

TEST_CASE("a run with a cgroup has one of its own, which goes with it and all it has started") {
  if (why_no_cgroup())
    return;
  scratch place;
  auto mark = (place / "there").string();
  auto spec = shell("cat /proc/self/cgroup; rm -f " + mark +
                    "; env -i setsid /bin/sh -c 'exec >&- 2>&- <&-; > " + mark +
                    "; /bin/sleep 1000' & until [ -e " + mark + " ]; do sleep 0.01; done");
  spec.cgroup = cgroup_limits{};
  for (auto name : {"first", "second"}) {
    spec.run = name;
    for (const auto& exit : run_everywhere(spec)) {
      CHECK_FALSE(exit.failure);
      CHECK(exit.exit_code == 0);
      CHECK(exit.note == "");
      auto at = exit.standard_output.find("/mahavishnu-");
      REQUIRE(at != std::string::npos);
      auto group = exit.standard_output.substr(at, exit.standard_output.find('\n', at) - at);
      CHECK(group.ends_with("." + spec.run));
      CHECK_FALSE(std::filesystem::exists(*exec::own_cgroup() + group));
    }
  }
}

TEST_CASE("a limit that cannot be kept fails the run or is told with its end, as was asked") {
  auto spec = shell("exit 0");
  spec.cgroup = cgroup_limits{std::uint64_t{64} << 20, 100, 100, false};
  auto support = exec::cgroup_probe();
  bool keeps_all = support && support->memory && support->pids && support->cpu;
  for (const auto& exit : run_everywhere(spec))
    if (keeps_all)
      CHECK_FALSE(exit.failure);
    else
      CHECK(exit.failure->code == errc::unsupported);
  spec.cgroup->optional = true;
  for (const auto& exit : run_everywhere(spec)) {
    CHECK_FALSE(exit.failure);
    CHECK(exit.note.empty() == support.has_value());
  }
}

TEST_CASE("groups of a keeper that was killed go with the next keeper") {
  if (why_no_cgroup())
    return;
  keeper_place place;
  auto runner = place.open(1);
  auto spec = shell("setsid sleep 1000 & wait");
  spec.cgroup = cgroup_limits{};
  auto process = start(*runner, named("left", spec));
  auto group = *exec::own_cgroup() + "/mahavishnu-" + place.mark() + "left";
  REQUIRE(comes_true([&] { return marked_processes(place.mark()).size() >= 2; }));
  CHECK(std::filesystem::exists(group));
  send_signal(pid_of(*runner), SIGKILL);
  CHECK_THAT(process.wait().failure->message, ContainsSubstring("is lost"));
  CHECK(start(*runner, shell("exit 0")).wait().exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(group));
  CHECK(marked_processes(place.mark()).empty());
}
