// SPDX-License-Identifier: MIT
#include "base/moment_text.hpp"
#include "base/rfc3339.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{1'800'000'000}};

std::string read(std::string_view text) {
  return rfc3339(parse_moment("--since", text, now).value());
}

} // namespace

TEST_CASE("a moment is how long ago, a day, or a time") {
  CHECK(read("90s") == "2027-01-15T07:58:30.000Z");
  CHECK(read("30m") == "2027-01-15T07:30:00.000Z");
  CHECK(read("2h") == "2027-01-15T06:00:00.000Z");
  CHECK(read("7d") == "2027-01-08T08:00:00.000Z");
  CHECK(read("2w") == "2027-01-01T08:00:00.000Z");
  CHECK(read("2026-11-21") == "2026-11-21T00:00:00.000Z");
  CHECK(read("2026-11-21T08:00:00+01:00") == "2026-11-21T07:00:00.000Z");
}

TEST_CASE("what is no moment is refused, and the error says whose it was") {
  for (auto text : {"", "yesterday", "2", "h", "-2h", "2y", "99999999w", "2026-13-01"}) {
    auto refused = parse_moment("--since", text, now);
    INFO(text);
    REQUIRE(refused.has_error());
    CHECK_THAT(refused.error().message, ContainsSubstring("--since"));
  }
}

TEST_CASE("an empty text leaves a moment as it is") {
  auto at = 5ms;
  REQUIRE(read_moment("since", "", at).has_value());
  CHECK(at == 5ms);
  REQUIRE(read_moment("since", "1970-01-02", at).has_value());
  CHECK(at == 24h);
  CHECK(read_moment("since", "never", at).has_error());
}
