// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

TEST_CASE("a moment is written in UTC with milliseconds") {
  using std::chrono::milliseconds;
  using moment_text = std::chrono::sys_time<milliseconds>;
  CHECK(rfc3339(moment_text{milliseconds{0}}) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(moment_text{milliseconds{1'763'711'280'123}}) == "2025-11-21T07:48:00.123Z");
  CHECK(rfc3339(moment_text{milliseconds{-1}}) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(moment_text{milliseconds{253'402'300'799'999}}) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("a moment is read in all the ways in which people write it") {
  using std::chrono::milliseconds;
  auto read = [](const char* text) {
    auto moment = parse_rfc3339(text);
    REQUIRE(moment);
    return rfc3339(*moment);
  };
  CHECK(read("2025-11-21T07:48:00.123Z") == "2025-11-21T07:48:00.123Z");
  CHECK(read("2025-11-21T07:48:00.1239999Z") == "2025-11-21T07:48:00.123Z");
  CHECK(read("2025-11-21t07:48:00.5z") == "2025-11-21T07:48:00.500Z");
  CHECK(read("2025-11-21 07:48") == "2025-11-21T07:48:00.000Z");
  CHECK(read("2025-11-21") == "2025-11-21T00:00:00.000Z");
  CHECK(read("2025-11-21T01:48:00+02:30") == "2025-11-20T23:18:00.000Z");
  CHECK(read("2025-11-21T23:48:00-02:30") == "2025-11-22T02:18:00.000Z");
  CHECK(read("2024-02-29") == "2024-02-29T00:00:00.000Z");
}

TEST_CASE("what is no moment is not taken for one") {
  for (const auto* text :
       {"", "2025", "2025-11", "2025-13-01", "2025-02-29", "2025-11-21T", "2025-11-21T24:00:00Z",
        "2025-11-21T07:48:00.Z", "2025-11-21T07:48:00Zx", "2025-11-21T07:48:00+2:30",
        "2025-11-21T07", "25-11-21", "2025-11-21T07:48:00 Z", "+025-11-21"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}
