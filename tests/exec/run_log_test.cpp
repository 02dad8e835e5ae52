// SPDX-License-Identifier: MIT
#include "exec/keeper_support.hpp"
#include "exec/run_log.hpp"

#include <sys/resource.h>

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;
using exec::read_run_log;
using exec::run_log;
using exec::run_log_contents;

namespace {

run_state started(const std::string& name) {
  run_state state;
  state.run = name;
  state.started_at = 1000;
  return state;
}

run_state ended(const std::string& name, int code) {
  auto state = started(name);
  state.ended_at = 2000;
  state.exit_code = code;
  state.output = {5, false, ""};
  return state;
}

struct opened_log {
  run_log log;
  run_log_contents contents;
};

opened_log open_log(const std::string& path) {
  run_log_contents contents;
  auto log = run_log::open(path, contents);
  if (!log)
    FAIL(log.error().message);
  return {std::move(*log), std::move(contents)};
}

/// A log of three runs: one that runs, one that has ended, one that was heard.
std::string three_runs(const std::string& path) {
  auto [log, contents] = open_log(path);
  CHECK(log.started(started("runs")));
  CHECK(log.started(started("ended")));
  CHECK(log.started(started("heard")));
  CHECK(log.ended(ended("heard", 1)));
  CHECK(log.ended(ended("ended", 3)));
  CHECK(log.heard("heard"));
  return content_of(path);
}

} // namespace

TEST_CASE("a run log tells what was started, has ended and was not heard") {
  scratch place;
  three_runs(place / "runs");
  auto [log, contents] = open_log(place / "runs");
  CHECK(contents.warnings.empty());
  REQUIRE(contents.runs.size() == 2);
  CHECK(contents.runs.at("runs") == started("runs"));
  CHECK(contents.runs.at("ended") == ended("ended", 3));
}

TEST_CASE("a run log that is torn anywhere keeps every whole record and says so") {
  scratch place;
  auto whole = three_runs(place / "runs");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto contents = read_run_log(std::string_view{whole}.substr(0, size));
    CHECK(contents.good_bytes <= size);
    CHECK(contents.warnings.size() == (contents.good_bytes < size));
  }
  std::ofstream(place / "torn") << whole.substr(0, whole.size() - 3);
  {
    auto [log, contents] = open_log(place / "torn");
    REQUIRE(contents.warnings.size() == 1);
    CHECK_THAT(contents.warnings.front(), ContainsSubstring("cut off"));
    CHECK(contents.runs.size() == 3); // nobody knows any more that one was heard
    CHECK(log.heard("heard"));
  }
  auto [log, contents] = open_log(place / "torn");
  CHECK(contents.warnings.empty());
  CHECK(contents.runs.size() == 2);
}

TEST_CASE("a flipped bit in a run log is reported and spoils one record only") {
  scratch place;
  auto whole = three_runs(place / "runs");
  auto good = read_run_log(whole).runs;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    auto contents = read_run_log(flipped);
    CHECK(contents.warnings.size() == 1);
    // Six records, and each run has more than one or none to lose.
    for (const auto& [name, state] : contents.runs)
      CHECK((name == "runs" || name == "ended" || name == "heard"));
    CHECK(contents.runs.size() + 1 >= good.size());
  }
}

TEST_CASE("any bytes are a run log without much in it") {
  std::mt19937 random{seed()};
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 3000, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    for (int marks = 0; marks < 5 && bytes.size() > 100; ++marks)
      bytes.replace(random() % (bytes.size() - 50), 4, "run\n");
    auto contents = read_run_log(bytes);
    CHECK(contents.runs.empty());
    CHECK(contents.warnings.size() == !bytes.empty());
    CHECK(contents.good_bytes == 0);
  }
}

TEST_CASE("a run log in long use stays short and forgets nothing that counts") {
  scratch place;
  {
    auto [log, contents] = open_log(place / "runs");
    CHECK(log.started(started("stays")));
    for (int i = 0; i < 20'000; ++i) {
      auto name = "run-" + std::to_string(i);
      REQUIRE(log.started(started(name)));
      REQUIRE(log.ended(ended(name, 0)));
      REQUIRE(log.heard(name));
    }
    CHECK(log.ended(ended("stays", 4)));
  }
  CHECK(std::filesystem::file_size(place / "runs") < (1u << 20));
  auto [log, contents] = open_log(place / "runs");
  CHECK(contents.warnings.empty());
  REQUIRE(contents.runs.size() == 1);
  CHECK(contents.runs.at("stays").exit_code == 4);
}

TEST_CASE("a run log that cannot be opened says why") {
  run_log_contents contents;
  CHECK_THAT(run_log::open("/nowhere/runs", contents).error().message,
             ContainsSubstring("/nowhere/runs"));
}

TEST_CASE("a run log whose disk is full refuses a record and keeps no half of it") {
  scratch place;
  auto [log, none] = open_log(place / "runs");
  REQUIRE(log.started(started("first")));
  auto size = std::filesystem::file_size(place / "runs");

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit full{size + 10, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
  auto refused = log.started(started("second"));
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, SIG_DFL);
  REQUIRE(refused.has_error());
  CHECK_THAT(refused.error().message, ContainsSubstring("File too large"));
  CHECK(std::filesystem::file_size(place / "runs") == size);

  CHECK(log.started(started("third")));
  auto [again, contents] = open_log(place / "runs");
  CHECK(contents.warnings.empty());
  CHECK(contents.runs.size() == 2);
}

TEST_CASE("names of runs are names of files") {
  for (const char* good : {"a", "run-1.2_3", "0f3a", "-"})
    CHECK(exec::is_run_name(good));
  for (const char* bad : {"", ".", "..", ".hidden", "a/b", "a b", "a\n", "ü"})
    CHECK_FALSE(exec::is_run_name(bad));
  CHECK(exec::is_run_name(std::string(100, 'x')));
  CHECK_FALSE(exec::is_run_name(std::string(101, 'x')));
}
