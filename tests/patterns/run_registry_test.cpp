// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/run_registry.hpp"
#include "patterns/run_json.hpp"
#include "patterns/run_output_reader.hpp"
#include "patterns/support.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

run_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

run_record record(const std::string& id, run_status status = run_status::running,
                  std::chrono::hours age = {}) {
  run_record run;
  run.run_id = id;
  run.module_id = run.module_name = "module";
  run.status = status;
  run.created_at = now() - age;
  if (!is_active(status))
    run.completed_at = run.created_at;
  return run;
}

std::vector<std::string> ids(const run_listing& listing) {
  CHECK(listing.problems.empty());
  std::vector<std::string> found;
  for (const auto& run : listing.runs)
    found.push_back(run.run_id);
  return found;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a run is read as it was written") {
  scratch where;
  run_registry registry{where / "state"};
  auto run = record("one", run_status::failed, 2h);
  run.started_at = run.created_at + 1ms;
  run.duration_seconds = 7;
  run.progress_percent = 12.5;
  run.items_processed = 1;
  run.items_total = 8;
  run.exit_code = 3;
  run.error_message = "no \"good\"\n";
  run.parameters = {{"a", "b"}, {"empty", ""}};
  run.pattern = task_pattern::long_running;
  run.command = {"/bin/sh", "x y"};
  run.working_directory = "/";
  run.timeout = 1500ms;
  REQUIRE(registry.add_run(run).has_value());
  CHECK(value_of(registry.get_run("one")) == run);
  CHECK(registry.add_run(run).error().code == errc::already_exists);
  run.status = run_status::completed;
  run.error_message.clear();
  REQUIRE(registry.update_run(run).has_value());
  CHECK(value_of(registry.get_run("one")) == run);
}

TEST_CASE("runs are found by status, module, age and the start of their id") {
  scratch where;
  run_registry registry{where / "state"};
  CHECK(ids(registry.get_recent_runs()).empty());
  REQUIRE(registry.add_run(record("aa1", run_status::completed, 3h)).has_value());
  REQUIRE(registry.add_run(record("aa2", run_status::running, 2h)).has_value());
  auto other = record("b", run_status::queued, 1h);
  other.module_id = "other";
  REQUIRE(registry.add_run(other).has_value());
  CHECK(ids(registry.get_recent_runs()) == names{"b", "aa2", "aa1"});
  CHECK(ids(registry.get_recent_runs(2)) == names{"b", "aa2"});
  CHECK(ids(registry.get_active_runs()) == names{"b", "aa2"});
  CHECK(ids(registry.get_runs_by_status(run_status::completed)) == names{"aa1"});
  CHECK(ids(registry.get_runs_by_module("other")) == names{"b"});
  CHECK(value_of(registry.find_run("b")) == "b");
  CHECK(value_of(registry.find_run("aa1")) == "aa1");
  CHECK(registry.find_run("aa").error().code == errc::invalid_argument);
  CHECK(registry.find_run("c").error().code == errc::not_found);
  CHECK(registry.find_run("").has_error());
  CHECK(registry.find_run("../state").has_error());
  CHECK(registry.get_run("c").error().code == errc::not_found);
  CHECK(registry.update_run(record("c")).has_error());
}

TEST_CASE("a damaged record is reported with its file and hurts no other run") {
  scratch where;
  run_registry registry{where / "state"};
  std::mt19937 random{seed()};
  REQUIRE(registry.add_run(record("good")).has_value());
  REQUIRE(registry.add_run(record("bad")).has_value());
  auto whole = where.read("state/runs/bad/run.json");
  std::vector<std::string> texts{
      "", "{", "[]", "null", "{\"run_id\": 7}", "{}", whole.substr(0, whole.size() / 2)};
  for (int i = 0; i < 200; ++i) {
    auto text = whole;
    text[random() % text.size()] = static_cast<char>(random());
    texts.push_back(text);
  }
  for (const auto& text : texts) {
    where.write("state/runs/bad/run.json", text);
    auto listing = registry.get_recent_runs();
    INFO(text);
    CHECK(std::ranges::count(listing.runs, "good", &run_record::run_id) == 1);
    // A changed letter may still be a good record; but it is never silently missing.
    REQUIRE(listing.runs.size() + listing.problems.size() == 2);
    for (const auto& problem : listing.problems)
      CHECK_THAT(problem, ContainsSubstring("state/runs/bad/run.json"));
  }
  where.write("state/runs/bad/run.json", where.read("state/runs/good/run.json"));
  CHECK_THAT(registry.get_run("bad").error().message, ContainsSubstring("it is that of 'good'"));
  std::filesystem::remove(where / "state/runs/bad/run.json");
  CHECK(registry.get_recent_runs().problems.size() == 1);
}

TEST_CASE("ids and parameters are checked") {
  scratch where;
  run_registry registry{where / "state"};
  for (const char* id : {"", ".", "..", "../x", "a/b", "a b", ".new"}) {
    INFO(id);
    CHECK(registry.add_run(record(id)).has_error());
  }
  CHECK(registry.add_run(record(std::string(101, 'a'))).has_error());
  CHECK(registry.add_run(record(std::string(100, 'a'))).has_value());
  auto run = record("p");
  for (int i = 0; i < 100; ++i)
    run.parameters["p" + std::to_string(i)] = "";
  CHECK(registry.add_run(run).has_value());
  run.parameters["one more"] = "";
  CHECK(registry.update_run(run).has_error());
  for (const char* name : {"__internal__", "__system__", "__private__"}) {
    run.parameters = {{name, ""}};
    CHECK_THAT(registry.update_run(run).error().message, ContainsSubstring(name));
  }
}

TEST_CASE("an id is made of the time, the module and chance") {
  auto when = run_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 13h + 5min + 2s};
  CHECK(make_run_id("report", when, 0x5f0c2a91) == "run_20261121_130502_report_5f0c2a91");
  CHECK(make_run_id("", when, 1) == "run_20261121_130502_script_00000001");
  run_record run;
  run.run_id = make_run_id(std::string(300, '/') + "ä ..", when, 7);
  CHECK(check_run(run).has_value());
}

TEST_CASE("cleaning up removes what ended long ago, and nothing else") {
  scratch where;
  run_registry registry{where / "state"};
  REQUIRE(registry.add_run(record("old", run_status::completed, 24h * 31)).has_value());
  REQUIRE(registry.add_run(record("new", run_status::failed, 24h * 29)).has_value());
  REQUIRE(registry.add_run(record("runs", run_status::running, 24h * 99)).has_value());
  where.write("state/runs/broken/run.json", "{");
  auto would = registry.cleanup_old_runs(30, true);
  CHECK(would.removed == names{"old"});
  CHECK(registry.get_run("old").has_value());
  auto did = registry.cleanup_old_runs(30);
  CHECK(did.removed == names{"old"});
  CHECK(did.problems.size() == 1);
  CHECK(registry.get_run("old").error().code == errc::not_found);
  CHECK(std::filesystem::exists(where / "state/runs/broken"));
  CHECK(registry.cleanup_old_runs(0).removed == names{"new"});
  CHECK(registry.get_run("runs").has_value());
}

TEST_CASE("runs of others can be written, one by one and by many at a time") {
  scratch where;
  run_registry registry{where / "state"};
  REQUIRE(registry.add_run(record("shared")).has_value());
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) {
        auto run = record("shared");
        run.items_processed = i * 100 + k;
        if (!registry.update_run(run))
          std::abort();
      }
    });
  for (int k = 0; k < 200; ++k)
    REQUIRE(registry.get_run("shared").has_value());
  for (auto& each : writers)
    each.join();
  auto left = std::distance(std::filesystem::directory_iterator{where / "state/runs/shared"}, {});
  CHECK(left == 2); // the record and the lock
}

TEST_CASE("an output is read on from its last lines") {
  scratch where;
  auto tail = [&](const std::string& text, std::size_t lines) {
    where.write("out", text);
    run_output_reader reader{where / "out"};
    reader.skip_to_last_lines(lines);
    std::string all;
    for (auto piece = reader.read(); !piece.empty(); piece = reader.read())
      all += piece;
    return all;
  };
  CHECK(tail("a\nb\nc\n", 2) == "b\nc\n");
  CHECK(tail("a\nb\nc", 2) == "b\nc");
  CHECK(tail("a\nb\nc\n", 3) == "a\nb\nc\n");
  CHECK(tail("a\nb\nc\n", 9) == "a\nb\nc\n");
  CHECK(tail("a\nb\nc\n", 0).empty());
  CHECK(tail("\n\n\n", 1) == "\n");
  CHECK(tail("", 1).empty());
  auto longer = std::string(200'000, 'x') + "\n" + std::string(100'000, 'y') + "\n";
  CHECK(tail(longer, 1) == std::string(100'000, 'y') + "\n");
  CHECK(tail(longer, 2) == longer);
  run_output_reader missing{where / "nothing"};
  missing.skip_to_last_lines(3);
  CHECK(missing.read().empty());
}
