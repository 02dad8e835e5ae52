// SPDX-License-Identifier: MIT
#include "exec/keeper_directory.hpp"
#include "patterns/support.hpp"

#include <sys/wait.h>

#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::string keeper_of(const script_place& place, const std::string& run_id) {
  return place.state() + "/runs/" + run_id + "/keeper";
}

bool is_served(const script_place& place, const std::string& run_id) {
  return exec::keeper_directory::is_served(keeper_of(place, run_id));
}

/// The process that holds a keeper's lock.
pid_t keeper_pid(const script_place& place, const std::string& run_id) {
  for (const auto& each : std::filesystem::directory_iterator{"/proc"}) {
    auto pid = std::atoi(each.path().filename().c_str());
    if (pid > 1 && content_of(each.path() / "cmdline")
                           .find("--dir" + std::string(1, '\0') + keeper_of(place, run_id)) !=
                       std::string::npos)
      return pid;
  }
  return -1;
}

run_record wait_for_end(const script_place& place, const std::string& run_id) {
  auto registry = place.registry();
  run_record run;
  // What is seen then is taken, and not looked for again: while a keeper whose command was killed
  // is just starting, a run that never started may seem to be about to.
  REQUIRE(
      comes_true([&] { return !is_active((run = value_of(registry.get_run(run_id))).status); }));
  return run;
}

} // namespace

TEST_CASE("a run that was left goes on, and its end and its output are known later") {
  script_place place;
  message_pipe go;
  detached_options how;
  how.module_name = "cleaner";
  how.parameters["age"] = "7";
  auto call = place.script("clean.sh", "echo begun; read x < " + go.path() +
                                           "; echo progress: 2/2; echo bad >&2; exit 5");
  auto run = value_of(place.runs.fire_and_forget(call, how));
  CHECK(run.run_id.starts_with("run_2"));
  CHECK_THAT(run.run_id, ContainsSubstring("_clean_"));
  CHECK(run.status == run_status::running);
  CHECK(run.module_id == "clean");
  CHECK(run.module_name == "cleaner");
  go.write_lines(1);
  run = wait_for_end(place, run.run_id);
  CHECK(run.status == run_status::failed);
  CHECK(run.exit_code == 5);
  CHECK(run.error_message == "exited with code 5");
  CHECK(run.progress_percent == 100);
  CHECK(run.parameters.at("age") == "7");
  CHECK(run.duration_seconds.has_value());
  auto files = place.registry().files_of(run.run_id);
  CHECK(content_of(files.standard_output) == "begun\nprogress: 2/2\n");
  CHECK(content_of(files.standard_error) == "bad\n");
  // Nobody stays behind.
  CHECK(comes_true([&] { return !is_served(place, run.run_id); }));
  CHECK(wait_for_end(place, run.run_id) == run);
}

TEST_CASE("a run that ends at once has its end") {
  script_place place;
  auto run = value_of(place.runs.fire_and_forget(place.script("s.sh", "exit 0")));
  run = wait_for_end(place, run.run_id);
  CHECK(run.status == run_status::completed);
  CHECK(run.exit_code == 0);
}

TEST_CASE("cancelling a run that was left ends all that it has started") {
  script_place place;
  auto pids = (place.where / "pid").string();
  auto run = value_of(place.runs.fire_and_forget(
      place.script("s.sh", "setsid sh -c 'echo $$ > " + pids + "; exec sleep 1000' & wait")));
  auto grandchild = pid_in(pids);
  auto cancelled = value_of(place.registry().cancel(run.run_id));
  CHECK(cancelled.status == run_status::cancelled);
  CHECK(ends(grandchild));
  CHECK(comes_true([&] { return !is_served(place, run.run_id); }));
  // Once more is no harm.
  CHECK(value_of(place.registry().cancel(run.run_id)).status == run_status::cancelled);
}

TEST_CASE(
    "a run whose keeper is killed is lost, says so, and leaves nothing running when cancelled") {
  script_place place;
  auto pids = (place.where / "pid").string();
  auto run = value_of(place.runs.fire_and_forget(place.script(
      "s.sh", "echo before; setsid sh -c 'echo $$ > " + pids + "; exec sleep 1000' & wait")));
  auto grandchild = pid_in(pids);
  auto keeper = keeper_pid(place, run.run_id);
  REQUIRE(keeper > 1);
  ::kill(keeper, SIGKILL);
  REQUIRE(ends(keeper));
  auto lost = value_of(place.registry().get_run(run.run_id));
  CHECK(lost.status == run_status::failed);
  CHECK_THAT(lost.error_message, ContainsSubstring("its keeper was killed"));
  CHECK_FALSE(lost.exit_code);
  CHECK(content_of(place.registry().files_of(run.run_id).standard_output) == "before\n");
  CHECK(value_of(place.registry().cancel(run.run_id)).status == run_status::failed);
  CHECK(ends(grandchild));
}

TEST_CASE("a run that was left is ended after its time") {
  script_place place;
  detached_options how;
  how.timeout = 300ms;
  auto run = value_of(place.runs.fire_and_forget(place.script("s.sh", "sleep 1000"), how));
  run = wait_for_end(place, run.run_id);
  CHECK(run.status == run_status::failed);
  CHECK(run.error_message == "timed out after 0.3 s");
}

TEST_CASE("the command that starts a run may be killed at any moment, and the run is told truly") {
  script_place place;
  auto call = place.script("s.sh", "echo ran >> " + (place.where / "ran").string());
  // Each time a little later: before the record, before the keeper, before the start, after it.
  int started = 0;
  for (int i = 0; i < 25; ++i) {
    auto run_id = "r" + std::to_string(i);
    auto command = ::fork();
    if (command == 0) {
      task_orchestrator runs{
          {.state_directory = place.state(), .keeper_program = MAHAVISHNU_KEEPER, .capture = {}}};
      detached_options how;
      how.run_id = run_id;
      (void)runs.fire_and_forget(call, how);
      ::_exit(0);
    }
    auto kill_at = std::chrono::steady_clock::now() + i * 5ms;
    std::this_thread::sleep_until(kill_at);
    ::kill(command, SIGKILL);
    ::waitpid(command, nullptr, 0);
    auto found = place.registry().get_run(run_id);
    if (!found) {
      CHECK(found.error().code == errc::not_found);
      continue;
    }
    auto run = wait_for_end(place, run_id);
    INFO(run.error_message);
    if (run.status == run_status::completed)
      ++started;
    else
      CHECK_THAT(run.error_message, ContainsSubstring("never started"));
  }
  // None ran unknown to us, and none is said to have run that did not.
  auto ran = content_of(place.where / "ran");
  CHECK(std::ranges::count(ran, '\n') == started);
}

TEST_CASE("what cannot be started is refused and leaves no run that seems to run") {
  script_place place;
  CHECK(place.runs.fire_and_forget({"/nowhere/at-all.sh"}).has_error());
  detached_options how;
  how.run_id = ".hidden";
  auto call = place.script("s.sh", "exit 0");
  CHECK(place.runs.fire_and_forget(call, how).has_error());
  how.run_id.clear();
  for (int i = 0; i < 101; ++i)
    how.parameters["p" + std::to_string(i)] = "";
  CHECK(place.runs.fire_and_forget(call, how).has_error());
  how.parameters = {{"__system__", ""}};
  CHECK(place.runs.fire_and_forget(call, how).has_error());
  CHECK(place.registry().get_recent_runs().runs.empty());

  task_orchestrator without_keeper{
      {.state_directory = place.state(), .keeper_program = "/nowhere/keeper", .capture = {}}};
  CHECK(without_keeper.fire_and_forget(call).has_error());
  auto runs = place.registry().get_recent_runs().runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs.front().status == run_status::failed);
  CHECK_THAT(runs.front().error_message, ContainsSubstring("/nowhere/keeper"));
  CHECK(task_orchestrator{}.fire_and_forget(call).has_error());
}

TEST_CASE("two commands cannot take the same id") {
  script_place place;
  detached_options how;
  how.run_id = "same";
  auto call = place.script("s.sh", "exit 0");
  value_of(place.runs.fire_and_forget(call, how));
  auto again = place.runs.fire_and_forget(call, how);
  REQUIRE(again.has_error());
  CHECK(again.error().code == errc::already_exists);
}
