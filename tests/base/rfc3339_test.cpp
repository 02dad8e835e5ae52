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
}
