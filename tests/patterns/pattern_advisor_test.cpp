// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/pattern_advisor.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

TEST_CASE("a pattern is found by its name and a wrong name is told all of them") {
  for (auto pattern : task_patterns)
    CHECK(pattern_from_string(to_string(pattern)).value() == pattern);
  auto refused = pattern_from_string("parallel");
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK_THAT(refused.error().message, ContainsSubstring("'parallel'"));
  CHECK_THAT(refused.error().message, ContainsSubstring("fire_and_forget"));
}

TEST_CASE("the first rule that holds decides the pattern") {
  pattern_needs needs;
  auto recommended = [&] { return pattern_advisor::recommend(needs); };
  CHECK(recommended() == task_pattern::simple);
  needs.high_frequency = true;
  CHECK(recommended() == task_pattern::pooled);
  needs.needs_result = false;
  CHECK(recommended() == task_pattern::fire_and_forget);
  needs.concurrent_tasks = 2;
  CHECK(recommended() == task_pattern::concurrent);
  needs.requires_streaming = true;
  CHECK(recommended() == task_pattern::long_running);
  needs.recurring = true;
  CHECK(recommended() == task_pattern::periodic);
}

TEST_CASE("what takes more than a minute is long running") {
  pattern_needs needs;
  needs.expected_duration_seconds = 60;
  CHECK(pattern_advisor::recommend(needs) == task_pattern::simple);
  needs.expected_duration_seconds = 60.5;
  CHECK(pattern_advisor::recommend(needs) == task_pattern::long_running);
  CHECK(pattern_advisor::reason(needs) == "it takes more than a minute");
}

TEST_CASE("each pattern is explained and has an example that names it") {
  for (auto pattern : task_patterns) {
    const auto& about = pattern_advisor::explain(pattern);
    CHECK_FALSE(about.name.empty());
    CHECK_FALSE(about.use_when.empty());
    CHECK_FALSE(about.benefits.empty());
    CHECK_FALSE(about.limitations.empty());
    if (pattern != task_pattern::simple)
      CHECK_THAT(std::string{about.example},
                 ContainsSubstring("--pattern " + std::string{to_string(pattern)}));
  }
}
