// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/output_capture.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

#include <thread>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

using lines = std::vector<std::string>;

TEST_CASE("the level of a line is guessed from its words, else from its stream") {
  CHECK(guess_level("ValueError: x", "stdout") == "ERROR");
  CHECK(guess_level("An exception came", "stdout") == "ERROR");
  CHECK(guess_level("Warning: old", "stderr") == "WARNING");
  CHECK(guess_level("DEBUG x", "stderr") == "DEBUG");
  CHECK(guess_level("fatal", "stdout") == "CRITICAL");
  CHECK(guess_level("critical", "stdout") == "CRITICAL");
  CHECK(guess_level("for your info", "stderr") == "INFO");
  CHECK(guess_level("hello", "stdout") == "INFO");
  CHECK(guess_level("hello", "stderr") == "ERROR");
}

TEST_CASE("the last lines of a run are kept, and can be asked for by number and time") {
  output_capture capture{{}, 3};
  auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const char* line : {"a", "b", "c", "d"})
    capture.append_line("r", line);
  CHECK(capture.get_output("r") == lines{"b", "c", "d"});
  auto last = capture.get_logs("r", 1);
  REQUIRE(last.size() == 1);
  CHECK(last.front().message == "d");
  CHECK(last.front().stream == "stdout");
  CHECK(capture.get_logs("r", {}, before).size() == 3);
  CHECK(capture.get_logs("r", {}, before + 24h).empty());
  CHECK(capture.get_output("unknown").empty());
}

TEST_CASE("long lines do not take more memory than many short ones") {
  output_capture capture;
  for (int i = 0; i < 40; ++i)
    capture.append_line("r", std::string(1 << 20, 'x'));
  auto kept = capture.get_output("r").size();
  CHECK(kept >= 15);
  CHECK(kept <= 16);
}

TEST_CASE("who listens gets the lines so far and then each that comes, until the end") {
  output_capture capture;
  capture.append_line("r", "before");
  auto listener = capture.subscribe("r");
  std::thread run{[&] {
    capture.append_line("r", "after", "stderr");
    capture.end_run("r");
  }};
  CHECK(listener.next(30s)->message == "before");
  auto second = listener.next(30s);
  run.join();
  REQUIRE(second);
  CHECK(second->message == "after");
  CHECK(second->stream == "stderr");
  CHECK_FALSE(listener.next(30s)); // at once: it has ended
  CHECK(listener.is_over());
}

TEST_CASE("who listens too slowly is told how much was dropped") {
  output_capture capture{{}, 5};
  auto listener = capture.subscribe("r");
  for (int i = 0; i < 12; ++i)
    capture.append_line("r", std::to_string(i));
  auto word = listener.next(0ms);
  REQUIRE(word);
  CHECK(word->stream == "capture");
  CHECK_THAT(word->message, ContainsSubstring("7 lines were dropped"));
  CHECK(listener.next(0ms)->message == "7");
  CHECK_FALSE(listener.is_over());
}

TEST_CASE("lines also go to a file, which goes with the run") {
  scratch where;
  output_capture capture{where.path().string()};
  capture.append_line("r", "went wrong: error", "stderr");
  capture.append_line("r", "fine");
  auto text = capture.read_log_file("r").value();
  CHECK_THAT(text, ContainsSubstring("Z] [ERROR] [stderr] went wrong: error\n["));
  CHECK(text.ends_with("[INFO] [stdout] fine\n"));
  capture.cleanup_run("r");
  CHECK(capture.read_log_file("r").error().code == errc::not_found);
  CHECK(capture.get_output("r").empty());
  CHECK_FALSE(std::filesystem::exists(where / "r.log"));
  CHECK(output_capture{}.read_log_file("r").error().code == errc::unsupported);
}

TEST_CASE("a run is captured once at a time, and anew when it has ended") {
  output_capture capture;
  REQUIRE(capture.begin_run("r").has_value());
  CHECK(capture.begin_run("r").error().code == errc::already_exists);
  capture.append_line("r", "first");
  capture.end_run("r");
  REQUIRE(capture.begin_run("r").has_value());
  CHECK(capture.get_output("r").empty());
  for (const char* id : {"", "../r", ".r"})
    CHECK(capture.begin_run(id).has_error());
}

TEST_CASE("bytes that are no text become text, and many runs are forgotten") {
  output_capture capture;
  capture.append_line("r", "a\xff");
  CHECK(capture.get_output("r") == lines{"a\xEF\xBF\xBD"});
  capture.end_run("r");
  for (int i = 0; i < 300; ++i) {
    capture.append_line("r" + std::to_string(i), "x");
    capture.end_run("r" + std::to_string(i));
  }
  CHECK(capture.get_output("r").empty());
  CHECK(capture.get_output("r299") == lines{"x"});
}
