// SPDX-License-Identifier: MIT
#include "config/yaml_document.hpp"
#include "support/catch.hpp"

using namespace mahavishnu::config;

namespace {

/// "line:column message" of the only problem.
std::string problem_of(std::string_view text) {
  auto document = parse_yaml(text);
  if (document.problems.size() != 1)
    return std::to_string(document.problems.size()) + " problems";
  const auto& only = document.problems.front();
  return std::to_string(only.at.line) + ":" + std::to_string(only.at.column) + " " + only.message;
}

} // namespace

TEST_CASE("a document keeps the places of keys and values") {
  std::string text = "# head\r\npools:\r\n  max_workers: 5\r\n  list: [\"a\", b]\r\n";
  auto document = parse_yaml(text);
  REQUIRE(document.problems.empty());
  const auto& pools = document.root.entries.front().value;
  const auto* workers = pools.find("max_workers");
  REQUIRE(workers);
  CHECK(workers->key_at.line == 3);
  CHECK(workers->key_at.column == 3);
  CHECK(workers->value.at.column == 16);
  CHECK(text.substr(workers->value.at.offset, 1) == "5");
  const auto& list = pools.find("list")->value;
  CHECK(list.is_flow);
  CHECK(text.substr(list.items.front().at.offset, 3) == "\"a\"");
}

TEST_CASE("an empty file, and one with comments only, is an empty map") {
  for (auto text : {"", "\n", "# nothing\n", "---\n", "\xEF\xBB\xBF"}) {
    auto document = parse_yaml(text);
    CHECK(document.problems.empty());
    CHECK(document.root.kind == node_kind::map);
    CHECK(document.root.entries.empty());
  }
}

TEST_CASE("a byte order mark is skipped and does not shift places") {
  auto document = parse_yaml("\xEF\xBB\xBFkey: 1");
  REQUIRE(document.problems.empty());
  CHECK(document.root.find("key")->key_at.column == 1);
}

TEST_CASE("a duplicate key names both lines") {
  CHECK(problem_of("a: 1\nb: 2\na: 3\n") == "3:1 duplicate key \"a\", which line 1 has already");
}

TEST_CASE("all duplicate keys are reported") {
  CHECK(parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n").problems.size() == 2);
}

TEST_CASE("what is not YAML is refused with its place") {
  CHECK_THAT(problem_of("a: [1, 2\nb: 3"), ContainsSubstring("is not valid YAML"));
  CHECK_THAT(problem_of("a: 1\n b: 2\n"), ContainsSubstring("2:"));
  CHECK_THAT(problem_of("a: 'open"), ContainsSubstring("is not valid YAML"));
  CHECK_THAT(problem_of("- a\n- b\n"), ContainsSubstring("must be a map of settings"));
  CHECK_THAT(problem_of("only words\n"), ContainsSubstring("must be a map of settings"));
}

TEST_CASE("bytes that no text has are refused with their place") {
  CHECK(problem_of("a: 1\nb: x\xFFy\n") == "2:5 is not valid UTF-8 here");
  CHECK(problem_of(std::string_view{"a: \0b", 5}) == "1:4 has a control byte here");
  CHECK(problem_of("a: \x1b[2J") == "1:4 has a control byte here");
}

TEST_CASE("an alias stands for a copy of its anchor") {
  auto document = parse_yaml("a: &x [1, 2]\nb: *x\n");
  REQUIRE(document.problems.empty());
  CHECK(document.root.find("b")->value.items.size() == 2);
  CHECK(document.root.find("b")->value.is_alias);
  CHECK(document.root.find("b")->value.at.line == 2);
}

TEST_CASE("an alias bomb is refused before it grows") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    auto name = "a" + std::to_string(level);
    auto below = "*a" + std::to_string(level - 1);
    bomb += name + ": &" + name + " [" + below;
    for (int copy = 1; copy < 10; ++copy)
      bomb += ", " + below;
    bomb += "]\n";
  }
  CHECK_THAT(problem_of(bomb), ContainsSubstring("more than 10000 values"));
}

TEST_CASE("exactly as many values as allowed are read, and one more is not") {
  auto list_of = [](int count) {
    std::string text = "a: [";
    for (int item = 0; item < count; ++item)
      text += "x,";
    return text + "]";
  };
  // The map, the key and the list count as well.
  CHECK(parse_yaml(list_of(9997)).problems.empty());
  CHECK_THAT(problem_of(list_of(9998)), ContainsSubstring("more than 10000 values"));
}

TEST_CASE("an alias inside of its own anchor is refused") {
  CHECK_THAT(problem_of("a: &x [*x]\n"), ContainsSubstring("inside of what it stands for"));
  CHECK_THAT(problem_of("a: *unknown\n"), ContainsSubstring("is not valid YAML"));
}

TEST_CASE("deep nesting is refused, at any depth") {
  auto nested = [](std::size_t depth) {
    return "a: " + std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_yaml(nested(31)).problems.empty());
  CHECK_THAT(problem_of(nested(32)), ContainsSubstring("deeper than 32 levels"));
  CHECK_FALSE(parse_yaml(nested(400000)).problems.empty());
  CHECK_FALSE(parse_yaml("a: " + std::string(400000, '{')).problems.empty());
}

TEST_CASE("a second document, a strange tag and a key that is no text are refused") {
  CHECK_THAT(problem_of("a: 1\n---\nb: 2\n"), ContainsSubstring("one document"));
  CHECK_THAT(problem_of("a: !!binary aGk=\n"), ContainsSubstring("tag"));
  CHECK_THAT(problem_of("? [a, b]\n: 1\n"), ContainsSubstring("a key must be a plain text"));
  CHECK(parse_yaml("a: !!str 5\n").problems.empty());
}
