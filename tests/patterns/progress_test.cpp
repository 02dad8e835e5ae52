// SPDX-License-Identifier: MIT
#include "patterns/progress.hpp"
#include "support/catch.hpp"

#include <random>
#include <string>

using namespace mahavishnu;

namespace {

run_progress of(std::optional<double> percent, std::optional<std::int64_t> processed = {},
                std::optional<std::int64_t> total = {}) {
  return {percent, processed, total};
}

} // namespace

TEST_CASE("progress is said as a JSON object or in words") {
  CHECK(parse_progress(R"({"items_processed": 3, "items_total": 10})") == of(30, 3, 10));
  CHECK(parse_progress(R"({"percent": 12.5, "stage": "reading"})") == of(12.5));
  CHECK(parse_progress(R"({"items_processed": 7})") == of({}, 7));
  CHECK(parse_progress("progress: 3/10") == of(30, 3, 10));
  CHECK(parse_progress("  progress: 3 / 10 \r") == of(30, 3, 10));
  CHECK(parse_progress("progress: 30%") == of(30));
  CHECK(parse_progress("progress:99.5 %") == of(99.5));
  CHECK(parse_progress("progress: 0/0") == of({}, 0, 0));
}

TEST_CASE("a line that says something else, or what cannot be, is no progress") {
  for (const char* line : {"",
                           "{",
                           "{}",
                           "[1]",
                           "progress",
                           "progress: ",
                           "progress: 30",
                           "progress: x/10",
                           "progress: 11/10",
                           "progress: -1/10",
                           "progress: 101%",
                           "progress: nan%",
                           "progress: inf%",
                           "made progress: 3/10",
                           "progress: 3/10 of all",
                           R"({"percent": "30"})",
                           R"({"percent": -1})",
                           R"({"items_processed": 1.5})",
                           R"({"items_processed": 11, "items_total": 10})",
                           R"({"items_processed": 18446744073709551615})",
                           R"({"percent": 30} and more)",
                           R"({"level": "info"})"}) {
    INFO(line);
    CHECK_FALSE(parse_progress(line));
  }
  CHECK_FALSE(parse_progress("{" + std::string(5000, ' ') + R"("percent": 1})"));
}

TEST_CASE("the last line that says anything of progress counts") {
  CHECK(last_progress("progress: 1/4\nworking\nprogress: 2/4\nstill\n\n") == of(50, 2, 4));
  CHECK(last_progress("progress: 10%") == of(10));
  CHECK_FALSE(last_progress(""));
  CHECK_FALSE(last_progress("\n\n"));
  CHECK_FALSE(last_progress("nothing\nof the kind"));
}

TEST_CASE("no line makes progress of numbers that cannot be") {
  std::mt19937 random{test::seed()};
  const std::string pieces[] = {"progress:", " ", "{", "}",     "\"percent\"",     ":", "30", "/",
                                "%",         ",", "-", "1e308", "\"items_total\"", "[", "9",  "."};
  for (int i = 0; i < 20'000; ++i) {
    std::string line;
    for (auto left = random() % 9; left > 0; --left)
      line += pieces[random() % std::size(pieces)];
    if (auto found = parse_progress(line)) {
      INFO(line);
      CHECK((!found->percent || (*found->percent >= 0 && *found->percent <= 100)));
      CHECK((!found->items_processed || !found->items_total ||
             *found->items_processed <= *found->items_total));
    }
  }
}
