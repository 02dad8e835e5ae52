// SPDX-License-Identifier: MIT
#include "patterns/support.hpp"

#include <sys/wait.h>

#include <fstream>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// A command of its own that runs a script and that a test can kill.
struct other_process {
  explicit other_process(const std::function<void()>& what) : pid(::fork()) {
    if (pid == 0) {
      what();
      ::_exit(0);
    }
  }
  void kill() const { ::kill(pid, SIGKILL); }
  pid_t pid;
};

} // namespace

TEST_CASE("a long running script gives its lines and its progress while it runs") {
  script_place place;
  message_pipe go;
  std::vector<std::string> lines;
  std::vector<double> progress;
  long_running_options how;
  how.on_line = [&](const log_entry& entry) {
    lines.push_back(entry.stream + " " + entry.level + " " + entry.message);
    if (entry.message == "progress: 1/2")
      go.write_lines(1); // without this it never ends
  };
  how.on_progress = [&](const run_progress& now) { progress.push_back(now.percent.value()); };
  auto ended = value_of(place.runs.long_running(
      place.script("train.sh", "echo progress: 1/2; read x < " + go.path() +
                                   "; echo '{\"percent\": 100}'; echo bad >&2; printf end; exit 4"),
      how));
  CHECK(ended.exit_code == 4);
  CHECK(ended.progress.percent == 100);
  CHECK(progress == std::vector<double>{50, 100});
  REQUIRE(lines.size() == 4);
  CHECK(lines.front() == "stdout INFO progress: 1/2");
  CHECK(std::ranges::count(lines, "stderr ERROR bad") == 1);
  CHECK(std::ranges::count(lines, "stdout INFO end") == 1);
}

TEST_CASE("a long running script is in the registry, with its output, from its start on") {
  script_place place;
  message_pipe go;
  auto registry = place.registry();
  bool seen = false;
  long_running_options how;
  how.on_line = [&](const log_entry&) {
    auto active = registry.get_active_runs();
    REQUIRE(active.runs.size() == 1);
    CHECK(active.runs.front().status == run_status::running);
    seen = true;
    go.write_lines(1);
  };
  auto ended = value_of(place.runs.long_running(
      place.script("train.sh", "echo progress: 3/4; read x < " + go.path() + "; exit 4"), how));
  CHECK(seen);
  auto run = value_of(registry.get_run(ended.run_id));
  CHECK(run.status == run_status::failed);
  CHECK(run.exit_code == 4);
  CHECK(run.items_processed == 3);
  CHECK(run.progress_percent == 75);
  CHECK(run.pattern == task_pattern::long_running);
  CHECK(run.module_id == "train");
  CHECK(content_of(registry.files_of(ended.run_id).standard_output) == "progress: 3/4\n");
}

TEST_CASE("an id is given once") {
  script_place place;
  long_running_options how;
  how.run_id = "mine";
  auto call = place.script("s.sh", "exit 0");
  CHECK(value_of(place.runs.long_running(call, how)).run_id == "mine");
  auto again = place.runs.long_running(call, how);
  REQUIRE(again.has_error());
  CHECK(again.error().code == errc::already_exists);
  how.run_id = "../mine";
  CHECK(place.runs.long_running(call, how).has_error());
}

TEST_CASE("a long running script is cancelled by its token, its time-out and by the registry") {
  script_place place;
  message_pipe told;
  auto call = place.script("s.sh", "echo up > " + told.path() + "; exec sleep 1000");
  auto registry = place.registry();
  long_running_options how;
  how.run_id = "by-registry";
  auto ended = std::async([&] { return place.runs.long_running(call, how); });
  told.wait_for_line();
  auto run = value_of(registry.cancel("by-registry"));
  CHECK(run.status == run_status::cancelled);
  CHECK(value_of(wait_for(std::move(ended))).end == script_end::cancelled);

  std::stop_source stop;
  how.run_id = "by-token";
  how.cancel = stop.get_token();
  ended = std::async([&] { return place.runs.long_running(call, how); });
  told.wait_for_line();
  stop.request_stop();
  CHECK(value_of(wait_for(std::move(ended))).end == script_end::cancelled);

  how = {};
  how.run_id = "by-time";
  how.timeout = 200ms;
  CHECK(value_of(place.runs.long_running(call, how)).end == script_end::timed_out);
  CHECK(value_of(registry.get_run("by-time")).error_message == "timed out after 0.2 s");
}

TEST_CASE("a long running script whose command is killed ends with it and is known to be lost") {
  script_place place;
  auto pids = (place.where / "pid").string();
  auto call = place.script("s.sh", "echo before; echo $$ > " + pids + "; exec sleep 1000");
  other_process command{[&] {
    task_orchestrator runs{{.state_directory = place.state(), .keeper_program = {}, .capture = {}}};
    long_running_options how;
    how.run_id = "orphan";
    (void)runs.long_running(call, how);
  }};
  auto script = pid_in(pids);
  // What the command has not read yet goes with it.
  auto output = place.registry().files_of("orphan").standard_output;
  CHECK(comes_true([&] { return content_of(output) == "before\n"; }));
  command.kill();
  CHECK(ends(script));
  ::waitpid(command.pid, nullptr, 0);
  auto run = value_of(place.registry().get_run("orphan"));
  CHECK(run.status == run_status::failed);
  CHECK_THAT(run.error_message, ContainsSubstring("lost"));
  CHECK(content_of(output) == "before\n");
}

TEST_CASE("a callback that throws ends a long running script, and its record says so") {
  script_place place;
  long_running_options how;
  how.run_id = "thrown";
  how.on_line = [](const log_entry&) { throw std::runtime_error{"enough"}; };
  auto call = place.script("s.sh", "echo x; exec sleep 1000");
  CHECK_THROWS_AS(place.runs.long_running(call, how), std::runtime_error);
  auto run = value_of(place.registry().get_run("thrown"));
  CHECK(run.status == run_status::failed);
  CHECK_THAT(run.error_message, ContainsSubstring("exception"));
}

TEST_CASE("without a state directory a long running script is written down nowhere") {
  script_place place;
  task_orchestrator runs;
  std::string output;
  long_running_options how;
  how.on_output = [&](script_stream, std::string_view bytes) { output += bytes; };
  auto ended = value_of(runs.long_running(place.script("s.sh", "echo x"), how));
  CHECK(ended.exit_code == 0);
  CHECK(output == "x\n");
  CHECK_FALSE(std::filesystem::exists(place.state()));
}

TEST_CASE("the lines of a long running script are in the capture, no more than are wanted") {
  script_place place;
  auto capture = std::make_shared<output_capture>();
  task_orchestrator runs{{.state_directory = {}, .keeper_program = {}, .capture = capture}};
  long_running_options how;
  how.run_id = "many";
  how.max_lines = 10;
  value_of(runs.long_running(place.script("s.sh", "seq 1 5000"), how));
  auto lines = capture->get_output("many");
  REQUIRE(lines.size() == 10);
  CHECK(lines.back() == "5000");
}
