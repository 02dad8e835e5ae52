// SPDX-License-Identifier: MIT
#include "base/log.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

std::string written(const log::options& how, const std::string& line) {
  REQUIRE(log::open(how).has_value());
  log::debug("part", "not wanted");
  log::warning("part", "{}", line);
  log::close();
  return content_of(how.file);
}

} // namespace

TEST_CASE("a line of text has a time, a level and a part") {
  scratch dir;
  auto text = written({log::level::info, (dir / "log").string(), false, false}, "something");
  CHECK_THAT(text, ContainsSubstring(" warning part: something\n"));
  CHECK(text.find("not wanted") == std::string::npos);
}

TEST_CASE("a line of JSON stays one line of JSON whatever is in it") {
  scratch dir;
  for (bool background : {false, true}) {
    auto file = dir / (background ? "b" : "a");
    auto text = written({log::level::info, file.string(), true, background},
                        "quote \" backslash \\ newline \n umlaut \xC3\xBC bell \a");
    CHECK_THAT(text, ContainsSubstring("\"level\":\"warning\""));
    CHECK_THAT(text, ContainsSubstring(R"(quote \" backslash \\ newline \u000a umlaut )"
                                       "\xC3\xBC"
                                       R"( bell \u0007"})"
                                       "\n"));
  }
  auto broken = written({log::level::info, (dir / "c").string(), true, false}, "bad \xFF byte");
  CHECK_THAT(broken, ContainsSubstring(R"(bad \u00ff byte)"));
}

TEST_CASE("a log file that cannot be opened is an error that names it") {
  auto failed = log::open({log::level::info, "/proc/nowhere/log", false, false});
  REQUIRE(failed.has_error());
  CHECK_THAT(failed.error().message, ContainsSubstring("/proc/nowhere/log"));
}

TEST_CASE("levels have names in any case") {
  CHECK(*log::level_from("WARNING") == log::level::warning);
  CHECK(log::level_from("loud").has_error());
}
