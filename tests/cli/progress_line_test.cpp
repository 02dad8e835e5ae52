// SPDX-License-Identifier: MIT
#include "cli/progress_line.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace mahavishnu::cli;
using namespace std::chrono_literals;

namespace {

progress_counts counts_of(std::uint64_t done, std::optional<std::uint64_t> total) {
  progress_counts counts;
  counts.done = done;
  counts.total = total;
  counts.running = 8;
  counts.queued = 80;
  counts.failed = 1;
  return counts;
}

} // namespace

TEST_CASE("progress says how far it has come, how fast, and how long it takes") {
  CHECK(progress_text(counts_of(20, 100), 2s) ==
        "20/100 done, 8 running, 80 queued, 1 failed, 10.0/s, 8s left");
  CHECK(progress_text(counts_of(100, 100), 2s) ==
        "100/100 done, 8 running, 80 queued, 1 failed, 50.0/s");
  CHECK(progress_text(counts_of(20, std::nullopt), 10ms) ==
        "20 done, 8 running, 80 queued, 1 failed");
  CHECK(progress_text(counts_of(5000, std::nullopt), 1s).ends_with("5000/s"));
}

TEST_CASE("what an earlier run has done is no part of the rate") {
  auto counts = counts_of(60, 100);
  counts.before = 50;
  CHECK(progress_text(counts, 1s).ends_with("10.0/s, 4s left"));
  counts.before = 60;
  CHECK(progress_text(counts, 1s).ends_with("1 failed"));
}

TEST_CASE("progress fits into its width") {
  for (std::size_t width : {10, 40, 79, 120, 200}) {
    CHECK(progress_text(counts_of(20, 100), 2s, width).size() <= width);
    CHECK(progress_text(counts_of(20, 100), 2s, width, true).size() <= width);
  }
  CHECK(progress_text(counts_of(20, 100), 2s, 120, true).starts_with("[######"));
  CHECK(progress_text(counts_of(20, 100), 2s, 79, true).starts_with("[##"));
  CHECK(progress_text(counts_of(20, 100), 2s, 70, true).starts_with(" 20% 20/100"));
  CHECK(progress_text(counts_of(20, std::nullopt), 2s, 120, true).starts_with("20 done"));
  CHECK(progress_text(counts_of(100, 100), 2s, 0, true)
            .starts_with("[##############################] 100% "));
}

TEST_CASE("a live line is written over, and makes room for other text") {
  std::ostringstream text;
  progress_line::clock::time_point now{};
  progress_line line{text, {true, false, true, [] { return std::size_t{20}; }}, now};
  line.show(counts_of(1, 9), now + 100ms);
  CHECK(text.str().empty());
  CHECK(line.pause(now + 100ms) == 100ms);
  line.show(counts_of(1, 9), now + 200ms);
  CHECK(text.str() == "\r\x1b[K1/9 done, 8 runn...");
  line.hide();
  line.hide();
  CHECK(text.str().ends_with("...\r\x1b[K"));
  line.show(counts_of(2, 9), now + 201ms);
  CHECK(text.str().ends_with("\r\x1b[K2/9 done, 8 runn..."));
  line.show(counts_of(3, 9), now + 202ms);
  CHECK(text.str().ends_with("\r\x1b[K2/9 done, 8 runn..."));
  line.finish(counts_of(9, 9), now + 401ms);
  CHECK(text.str().ends_with("\r\x1b[K9/9 done, 8 runn...\n"));
}

TEST_CASE("a live line that is taken away at the end stands nowhere any more") {
  std::ostringstream text;
  progress_line::clock::time_point now{};
  progress_line line{text, {true, false, true, [] { return std::size_t{20}; }}, now};
  line.wipe();
  CHECK(text.str().empty());
  line.show(counts_of(1, 9), now + 200ms);
  line.wipe();
  line.wipe();
  CHECK(text.str() == "\r\x1b[K1/9 done, 8 runn...\r\x1b[K");
}

TEST_CASE("a live line comes below a text that has no end of line") {
  std::ostringstream text;
  progress_line::clock::time_point now{};
  progress_line line{text, {true, false, true, [] { return std::size_t{20}; }}, now};
  line.text_is_open(true);
  CHECK(text.str().empty());
  line.show(counts_of(1, 9), now + 200ms);
  CHECK(text.str() == "\n\r\x1b[K1/9 done, 8 runn...");
  line.show(counts_of(1, 9), now + 400ms);
  CHECK(text.str().find('\n', 1) == std::string::npos);
  line.text_is_open(true);
  line.text_is_open(false);
  line.end_text();
  CHECK(text.str().find('\n', 1) == std::string::npos);
}

TEST_CASE("elsewhere a line comes now and then, and none for short work") {
  std::ostringstream text;
  progress_line::clock::time_point now{};
  progress_line line{text, {true, false, false, nullptr}, now};
  line.finish(counts_of(1, 9), now + 1s);
  CHECK(text.str().empty());
  line.show(counts_of(1, std::nullopt), now + 5s);
  line.show(counts_of(2, std::nullopt), now + 6s);
  line.hide();
  CHECK(text.str() == "1 done, 8 running, 80 queued, 1 failed, 0.2/s\n");
  progress_line quiet{text, {false, false, true, nullptr}, now};
  quiet.show(counts_of(1, 9), now + 1h);
  quiet.finish(counts_of(1, 9), now + 1h);
  CHECK(text.str() == "1 done, 8 running, 80 queued, 1 failed, 0.2/s\n");
}
