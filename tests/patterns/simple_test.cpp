// SPDX-License-Identifier: MIT
#include "patterns/support.hpp"
#include "support/descriptors.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

TEST_CASE("a simple run gives the exit code and both streams") {
  script_place place;
  auto ended = value_of(
      place.runs.simple(place.script("s.sh", "echo out $1; echo err >&2; pwd; exit 3", {"a b"})));
  CHECK(ended.exit_code == 3);
  CHECK(ended.standard_output == "out a b\n" + place.where.path().string() + "\n");
  CHECK(ended.standard_error == "err\n");
  CHECK(ended.end == script_end::exited);
}

TEST_CASE("a simple run has the directory and the environment that it is given") {
  script_place place;
  place.where.write("other/here", "");
  simple_options how;
  how.cwd = (place.where / "other").string();
  how.environment["WORD"] = "said";
  auto ended = value_of(place.runs.simple(place.script("s.sh", "ls; echo $WORD"), how));
  CHECK(ended.standard_output == "here\nsaid\n");
  how.cwd = (place.where / "missing").string();
  auto refused = place.runs.simple(place.script("s.sh", "ls"), how);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("missing' does not exist or is none"));
}

TEST_CASE("a simple run that takes too long is ended with all that it has started") {
  script_place place;
  auto pids = (place.where / "pid").string();
  simple_options how;
  how.timeout = 300ms;
  auto ended = value_of(place.runs.simple(
      place.script("s.sh", "setsid sh -c 'echo $$ > " + pids + "; exec sleep 1000' & wait"), how));
  CHECK(ended.end == script_end::timed_out);
  CHECK(ended.exit_code != 0);
  CHECK(ends(pid_in(pids)));
}

TEST_CASE("a simple run is cancelled by its token") {
  script_place place;
  message_pipe told;
  std::stop_source stop;
  simple_options how;
  how.cancel = stop.get_token();
  auto call = place.script("s.sh", "echo up > " + told.path() + "; exec sleep 1000");
  auto ended = std::async([&] { return place.runs.simple(call, how); });
  told.wait_for_line();
  stop.request_stop();
  CHECK(value_of(wait_for(std::move(ended))).end == script_end::cancelled);
}

TEST_CASE("a token that was used before the start cancels as well") {
  script_place place;
  std::stop_source stop;
  stop.request_stop();
  simple_options how;
  how.cancel = stop.get_token();
  auto ended = value_of(place.runs.simple(place.script("s.sh", "exec sleep 1000"), how));
  CHECK(ended.end == script_end::cancelled);
}

TEST_CASE("more output than is kept has its start, its end and a word about the rest") {
  script_place place;
  simple_options how;
  how.output_limit = 1000;
  auto ended =
      value_of(place.runs.simple(place.script("s.sh", "echo start; seq 10000; echo end"), how));
  CHECK(ended.output_truncated);
  CHECK(ended.standard_output.starts_with("start\n"));
  CHECK(ended.standard_output.ends_with("end\n"));
  CHECK(ended.standard_output.size() < 1200);
}

TEST_CASE("all output comes while the script runs, byte for byte and however much it is") {
  script_place place;
  std::string output, error_output;
  simple_options how;
  how.output_limit = 0;
  how.on_output = [&](script_stream which, std::string_view bytes) {
    (which == script_stream::standard_output ? output : error_output) += bytes;
  };
  // Every byte there is, and megabytes.
  auto text = "i=0; while [ $i -lt 256 ]; do printf \"\\\\$(printf %03o $i)\"; i=$((i+1)); done; "
              "head -c 20000000 /dev/zero; echo last >&2";
  auto ended = value_of(place.runs.simple(place.script("s.sh", text), how));
  CHECK(ended.exit_code == 0);
  REQUIRE(output.size() == 20'000'256);
  for (int i = 0; i < 256; ++i)
    CHECK(static_cast<unsigned char>(output[static_cast<std::size_t>(i)]) == i);
  CHECK(error_output == "last\n");
}

TEST_CASE("output comes before the script has ended") {
  script_place place;
  message_pipe go;
  std::string output;
  simple_options how;
  how.on_output = [&](script_stream, std::string_view bytes) {
    output += bytes;
    if (output == "first\n")
      go.write_lines(1); // without this it never ends
  };
  auto ended = value_of(place.runs.simple(
      place.script("s.sh", "echo first; read x < " + go.path() + "; echo second"), how));
  CHECK(output == "first\nsecond\n");
}

TEST_CASE("what a callback throws ends the script and comes out") {
  script_place place;
  simple_options how;
  how.on_output = [](script_stream, std::string_view) { throw std::runtime_error{"enough"}; };
  auto pids = (place.where / "pid").string();
  auto call = place.script("s.sh", "echo $$ > " + pids + "; echo x; exec sleep 1000");
  CHECK_THROWS_AS(place.runs.simple(call, how), std::runtime_error);
  CHECK(ends(pid_in(pids)));
}

TEST_CASE("calls leave no descriptor and no directory behind") {
  script_place place;
  simple_options how;
  how.on_output = [](script_stream, std::string_view) {};
  auto call = place.script("s.sh", "echo x");
  value_of(place.runs.simple(call, how));
  auto before = open_descriptors();
  for (int i = 0; i < 5; ++i)
    value_of(place.runs.simple(call, how));
  CHECK(open_descriptors() == before);
}

TEST_CASE("a script that ends by a signal has 128 and its number") {
  script_place place;
  auto ended = value_of(place.runs.simple(place.script("s.sh", "kill -9 $$")));
  CHECK(ended.exit_code == 137);
}

TEST_CASE("killing all ends what calls wait for, at once") {
  script_place place;
  message_pipe told;
  auto call = place.script("s.sh", "trap '' TERM; echo up > " + told.path() +
                                       "; while :; do sleep 1000; done");
  auto ended = std::async([&] { return place.runs.simple(call); });
  told.wait_for_line();
  place.runs.kill_all();
  CHECK(value_of(wait_for(std::move(ended))).exit_code == 137);
}

TEST_CASE("execute takes the first pattern that fits, and says which it cannot do") {
  execute_options how;
  CHECK(task_orchestrator::select(how) == task_pattern::simple);
  how.use_pool = true;
  CHECK(task_orchestrator::select(how) == task_pattern::pooled);
  how.wait_for_result = false;
  CHECK(task_orchestrator::select(how) == task_pattern::fire_and_forget);
  how.concurrent_tasks = 2;
  CHECK(task_orchestrator::select(how) == task_pattern::concurrent);
  how.streaming = true;
  CHECK(task_orchestrator::select(how) == task_pattern::long_running);
  how.periodic = true;
  CHECK(task_orchestrator::select(how) == task_pattern::periodic);

  script_place place;
  auto refused = place.runs.execute(place.script("s.sh", ""), how);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::unsupported);
}

TEST_CASE("execute runs each pattern with what it was told") {
  script_place place;
  auto call = place.script("s.sh", "echo $1", {"word"});
  auto ended = value_of(place.runs.execute(call));
  CHECK(std::get<simple_result>(ended).standard_output == "word\n");
  execute_options how;
  how.streaming = true;
  how.run_id = "mine";
  CHECK(std::get<long_running_result>(value_of(place.runs.execute(call, how))).run_id == "mine");
  how = {};
  how.tasks = {call, call};
  how.concurrent_tasks = 2;
  CHECK(std::get<std::vector<module_result>>(value_of(place.runs.execute(call, how))).size() == 2);
  how = {};
  how.wait_for_result = false;
  how.parameters["a"] = "b";
  auto run = std::get<run_record>(value_of(place.runs.execute(call, how)));
  CHECK(run.parameters.at("a") == "b");
  CHECK(comes_true([&] {
    return value_of(place.registry().get_run(run.run_id)).status == run_status::completed;
  }));
}
