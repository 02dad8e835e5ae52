// SPDX-License-Identifier: MIT
#include "app/script_threads.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;

/// Threads for one script at a time, and for two that wait.
std::unique_ptr<mcp::server::script_runner> few_threads(const scratch& directory) {
  script_threads_options options;
  options.state_directory = directory.path().string();
  options.most_at_once = 1;
  options.most_waiting = 2;
  return make_script_threads(options);
}

/// Something that runs until it is let go, and says when it has begun.
struct held_work {
  std::promise<void> begun;
  std::promise<void> may_end;

  mcp::server::script_runner::script work() {
    return [this, end = may_end.get_future().share()](task_orchestrator&, const std::stop_token&) {
      begun.set_value();
      end.wait();
    };
  }
  bool has_begun() { return begun.get_future().wait_for(patience) == std::future_status::ready; }
};

} // namespace

TEST_CASE(
    "scripts run one after the other where there is one thread, and what is too much is refused") {
  scratch directory;
  held_work first;
  std::vector<int> order;
  {
    auto threads = few_threads(directory);
    REQUIRE(threads->run(first.work()).has_value());
    REQUIRE(first.has_begun());
    for (int i = 1; i <= 2; ++i)
      REQUIRE(threads->run([&order, i](auto&, const auto&) { order.push_back(i); }).has_value());
    auto refused = threads->run([](auto&, const auto&) {});
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring("2 calls wait already"));
    first.may_end.set_value();
  }
  CHECK(order == std::vector{1, 2});
}

TEST_CASE("what takes a moment does not wait behind scripts") {
  scratch directory;
  auto threads = few_threads(directory);
  held_work script;
  REQUIRE(threads->run(script.work()).has_value());
  REQUIRE(script.has_begun());
  std::promise<std::size_t> runs;
  REQUIRE(threads
              ->ask([&](task_orchestrator&, run_registry& all) {
                runs.set_value(all.get_recent_runs().runs.size());
              })
              .has_value());
  auto answer = runs.get_future();
  CHECK(answer.wait_for(patience) == std::future_status::ready);
  CHECK(answer.get() == 0);
  script.may_end.set_value();
}

TEST_CASE("a script ends when it is stopped, and when the threads end") {
  scratch directory;
  directory.write("wait.sh", "touch begun; exec sleep 1000\n");
  script_call what{(directory / "wait.sh").string(), {}};
  auto stopped_by_caller = GENERATE(true, false);
  std::promise<script_end> ended;
  auto answer = ended.get_future();
  auto threads = few_threads(directory);
  auto stop = threads->run([&](task_orchestrator& patterns, std::stop_token cancel) {
    simple_options how;
    how.cancel = std::move(cancel);
    ended.set_value(patterns.simple(what, how).value().end);
  });
  REQUIRE(stop.has_value());
  auto limit = std::chrono::steady_clock::now() + patience;
  while (!std::filesystem::exists(directory / "begun")) {
    REQUIRE(std::chrono::steady_clock::now() < limit);
    std::this_thread::sleep_for(5ms);
  }
  if (stopped_by_caller)
    stop->request_stop();
  else
    threads.reset();
  REQUIRE(answer.wait_for(patience) == std::future_status::ready);
  CHECK(answer.get() == script_end::cancelled);
}
