// SPDX-License-Identifier: MIT
#include "base/strict_json.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;

namespace {

/// What is said instead of a value; empty when there is one.
std::string problem_of(std::string_view text, std::size_t most_depth = 3) {
  auto read = parse_strict_json(text, most_depth);
  return read ? "" : read.error().message;
}

} // namespace

TEST_CASE("strict JSON is the value that the whole text is") {
  CHECK(parse_strict_json(R"( {"a": [1, {"b": "x"}], "c": null} )", 3).value() ==
        nlohmann::json{{"a", {1, {{"b", "x"}}}}, {"c", nullptr}});
  CHECK(parse_strict_json("[]", 1).value() == nlohmann::json::array());
  CHECK(parse_strict_json("-2.5", 0).value() == -2.5);
  CHECK(parse_strict_json(R"([{"a": 1}, {"a": 2}])", 2).value().size() == 2);
}

TEST_CASE("what readers could take differently is no strict JSON") {
  using namespace std::string_view_literals;
  for (auto each : {""sv, "{"sv, "{} x"sv, "{}\0"sv, "\xef\xbb\xbf{}"sv, "{'a': 1}"sv, "\"\xff\""sv,
                    "[1,]"sv, "NaN"sv})
    CHECK(problem_of(each) == "no valid JSON");
  CHECK_THAT(problem_of(R"({"a": {"twice": 1, "twice": 1}})"),
             ContainsSubstring("'twice' comes twice"));
  CHECK_THAT(problem_of(R"({"a": 1, "\u0061": 2})"), ContainsSubstring("'a' comes twice"));
  CHECK(problem_of("[[{}]]").empty());
  CHECK_THAT(problem_of("[[{\"a\": []}]]"), ContainsSubstring("more than 3"));
  CHECK_THAT(problem_of(std::string(100'000, '[')), ContainsSubstring("more than 3"));
}
