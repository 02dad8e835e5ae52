// SPDX-License-Identifier: MIT
#include "patterns/support.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::vector<module_result> run_all(script_place& place, concurrent_options how) {
  return value_of(place.runs.concurrent(how));
}

} // namespace

TEST_CASE("results come in the order of the tasks, whichever ends first") {
  script_place place;
  message_pipe go;
  concurrent_options how;
  how.tasks = {place.script("slow.sh", "read x < " + go.path() + "; echo slow"),
               place.script("quick.sh", "echo quick; echo x > " + go.path())};
  auto all = run_all(place, how);
  REQUIRE(all.size() == 2);
  CHECK(all[0].module_id == "slow");
  CHECK(all[0].standard_output == "slow\n");
  CHECK(all[1].module_id == "quick");
  CHECK(all[1].index == 1);
  CHECK(all[1].success);
}

TEST_CASE("one that fails or cannot be started stops no other") {
  script_place place;
  concurrent_options how;
  how.tasks = {place.script("a.sh", "echo no >&2; exit 7"), script_call{"/nowhere/at-all.sh"},
               place.script("b.sh", "echo yes")};
  auto all = run_all(place, how);
  REQUIRE(all.size() == 3);
  CHECK(all[0].exit_code == 7);
  CHECK_FALSE(all[0].success);
  CHECK(all[0].error == "exited with code 7");
  CHECK(all[0].standard_error == "no\n");
  CHECK(all[1].exit_code == -1);
  CHECK_THAT(all[1].error, ContainsSubstring("at-all.sh"));
  CHECK(all[2].success);
  CHECK(all[2].error.empty());
}

TEST_CASE("no more tasks run at a time than may") {
  script_place place;
  auto call = place.script("s.sh", "cd " + place.where.path().string() +
                                       "; mkdir on.$$; ls -d on.* | wc -l; rmdir on.$$");
  concurrent_options how;
  how.tasks.assign(40, call);
  how.max_concurrent = 3;
  int most = 0;
  for (const auto& each : run_all(place, how)) {
    INFO(each.error << each.standard_error);
    REQUIRE(each.success);
    most = std::max(most, std::stoi(each.standard_output));
  }
  CHECK(most <= 3);
  how.max_concurrent = 0;
  CHECK(place.runs.concurrent(how).has_error());
}

TEST_CASE("tasks run at the same time") {
  script_place place;
  message_pipe there, go;
  concurrent_options how;
  how.tasks.assign(4,
                   place.script("s.sh", "echo here > " + there.path() + "; read x < " + go.path()));
  how.max_concurrent = 4;
  auto all = std::async([&] { return place.runs.concurrent(how); });
  for (int i = 0; i < 4; ++i)
    there.wait_for_line(); // each waits until all are there
  go.write_lines(4);
  CHECK(value_of(wait_for(std::move(all))).size() == 4);
}

TEST_CASE("a result is given as soon as it and all before it are known, and then not kept") {
  script_place place;
  message_pipe go;
  concurrent_options how;
  how.tasks = {place.script("a.sh", "echo a"),
               place.script("b.sh", "read x < " + go.path() + "; echo b")};
  std::vector<std::string> given;
  how.on_result = [&](const module_result& one) {
    given.push_back(one.standard_output);
    if (one.index == 0)
      go.write_lines(1);
  };
  CHECK(run_all(place, how).empty());
  CHECK(given == std::vector<std::string>{"a\n", "b\n"});
}

TEST_CASE("outputs of any length are whole, in memory or in a file") {
  script_place place;
  std::mt19937 random{seed()};
  concurrent_options how;
  how.output_limit = 100'000;
  std::vector<std::size_t> sizes{0, 1, 4095, 4096, 4097, 100'000, 100'001, 3'000'000};
  for (int i = 0; i < 8; ++i)
    sizes.push_back(random() % 300'000);
  auto script = place.script("s.sh", "head -c $1 /dev/zero | tr '\\0' x; head -c $1 /dev/zero >&2");
  for (auto size : sizes)
    how.tasks.push_back({script.script, {std::to_string(size)}});
  how.on_result = [&](const module_result& one) {
    auto size = sizes[one.index];
    INFO(size);
    if (size <= how.output_limit) {
      CHECK(one.standard_output == std::string(size, 'x'));
      CHECK(one.standard_error == std::string(size, '\0'));
      CHECK(one.output_file.empty());
      CHECK_FALSE(one.output_truncated);
    } else {
      CHECK(one.output_truncated);
      CHECK(one.standard_output.size() < how.output_limit + 200);
      CHECK(content_of(one.output_file) == std::string(size, 'x'));
      CHECK(content_of(one.error_file).size() == size);
    }
  };
  run_all(place, how);
}

TEST_CASE("each task has the whole time-out for itself") {
  script_place place;
  concurrent_options how;
  how.tasks = {place.script("slow.sh", "exec sleep 1000"), place.script("quick.sh", "exit 0"),
               place.script("slow.sh", "exec sleep 1000")};
  how.max_concurrent = 1;
  how.timeout = 300ms;
  auto all = run_all(place, how);
  CHECK(all[0].error == "timed out after 0.3 s");
  CHECK(all[1].success);
  CHECK(all[2].error == "timed out after 0.3 s");
}

TEST_CASE("cancelling ends what runs and starts nothing more") {
  script_place place;
  message_pipe told;
  std::stop_source stop;
  concurrent_options how;
  how.tasks.assign(50, place.script("s.sh", "echo up > " + told.path() + "; exec sleep 1000"));
  how.max_concurrent = 2;
  how.cancel = stop.get_token();
  auto all = std::async([&] { return place.runs.concurrent(how); });
  told.wait_for_line();
  stop.request_stop();
  auto results = value_of(wait_for(std::move(all)));
  REQUIRE(results.size() == 50);
  CHECK(results.front().error == "cancelled");
  CHECK(results.back().exit_code == -1);
  CHECK(results.back().error == "cancelled before it began");
}

TEST_CASE("thousands of tasks that cannot be started do no harm") {
  script_place place;
  concurrent_options how;
  how.tasks.assign(20'000, script_call{"/nowhere/at-all"});
  auto all = run_all(place, how);
  REQUIRE(all.size() == 20'000);
  CHECK(all.back().exit_code == -1);
}

TEST_CASE("what a callback throws ends all tasks and comes out") {
  script_place place;
  concurrent_options how;
  how.tasks = {place.script("a.sh", "echo a"), place.script("b.sh", "exec sleep 1000")};
  how.on_result = [](const module_result&) { throw std::runtime_error{"enough"}; };
  CHECK_THROWS_AS(place.runs.concurrent(how), std::runtime_error);
}

TEST_CASE("no tasks are no results") {
  script_place place;
  CHECK(run_all(place, {}).empty());
}
