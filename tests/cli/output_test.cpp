// SPDX-License-Identifier: MIT
#include "cli/kinds.hpp"
#include "cli/output.hpp"
#include "cli/text.hpp"
#include "cli/yaml.hpp"
#include "mahavishnu/messages/all.hpp"
#include "support/catch.hpp"

#include <yaml-cpp/yaml.h>

#include <iostream>
#include <sstream>

namespace mahavishnu::cli {

namespace {

/// What is written to standard output and standard error meanwhile.
class captured {
public:
  captured() : out_(std::cout.rdbuf(said_.rdbuf())), err_(std::cerr.rdbuf(told_.rdbuf())) {}
  ~captured() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  captured(const captured&) = delete;
  captured& operator=(const captured&) = delete;

  std::string said() const { return said_.str(); }
  std::string told() const { return told_.str(); }

private:
  std::ostringstream said_, told_;
  std::streambuf* out_;
  std::streambuf* err_;
};

std::string said_in(output_form form, const json::value& object) {
  captured all;
  output{form}.answer("thing_list", object, "for people\n");
  return all.said();
}

const json::value two_things{
    {"things", {{{"thing_id", "a"}, {"n", 1}}, {{"thing_id", "b"}, {"n", 2}}}},
    {"problems", json::value::array()}};

/// As a reader of YAML has it, with its types.
json::value read_yaml(const YAML::Node& node) {
  if (node.IsMap()) {
    auto object = json::value::object();
    for (const auto& each : node)
      object[each.first.as<std::string>()] = read_yaml(each.second);
    return object;
  }
  if (node.IsSequence()) {
    auto list = json::value::array();
    for (const auto& each : node)
      list.push_back(read_yaml(each));
    return list;
  }
  if (node.Tag() == "!") // in quotes
    return node.as<std::string>();
  auto plain = json::value::parse(node.as<std::string>(), nullptr, false);
  return plain.is_discarded() ? json::value(node.as<std::string>()) : plain;
}

} // namespace

TEST_CASE("every form shows the same thing") {
  CHECK(said_in(output_form::table, two_things) == "for people\n");
  CHECK(said_in(output_form::name, two_things) == "a\nb\n");
  CHECK(said_in(output_form::jsonl, two_things) ==
        "{\"thing_id\":\"a\",\"n\":1}\n{\"thing_id\":\"b\",\"n\":2}\n");
  auto whole = json::value::parse(said_in(output_form::json, two_things));
  CHECK(whole["schema"] == "thing_list/1");
  CHECK(whole["things"] == two_things["things"]);
  CHECK(read_yaml(YAML::Load(said_in(output_form::yaml, two_things))) == whole);
}

TEST_CASE("one thing is no list of what is in it") {
  json::value task{{"task_id", "t1"}, {"history", {{{"status", "queued"}}}}};
  CHECK(said_in(output_form::name, task) == "t1\n");
  CHECK(json::value::parse(said_in(output_form::jsonl, task))["task_id"] == "t1");
}

TEST_CASE("lists of nothing are nothing in forms of lines") {
  json::value nothing{{"things", json::value::array()}};
  CHECK(said_in(output_form::name, nothing).empty());
  CHECK(said_in(output_form::jsonl, nothing).empty());
}

TEST_CASE("texts stay texts in YAML") {
  json::value tricky{{"a", "true"},
                     {"b", "12"},
                     {"c", ""},
                     {"d", "x: y"},
                     {"e", "- x"},
                     {"f", "two\nlines"},
                     {"g", "quote \" and \\"},
                     {"h", "~"},
                     {"i", nullptr},
                     {"j", 1.5},
                     {"k", false},
                     {"l", json::value::object()},
                     {"m", json::value::array()},
                     {"n", {1, {2, 3}, {{"x", {{"y", {"z"}}}}}}},
                     {"no", "no"},
                     {"o p", "#"}};
  CHECK(read_yaml(YAML::Load(yaml_of(tricky))) == tricky);
  CHECK(yaml_of("x") == "x\n");
  CHECK(yaml_of(json::value::array()) == "[]\n");
}

TEST_CASE("a failure says what helps, and ends with the code of its kind") {
  captured all;
  CHECK(output{}.failure({errc::not_found, "there is no pool 'x'; the pools are: y"}) == not_found);
  CHECK(output{}.failure({errc::pool_full, "pool 'x' is full"}) == refused);
  CHECK(all.told() == "error: there is no pool 'x'\nfix: the pools are: y\n"
                      "error: pool 'x' is full\n"
                      "fix: try again later, or have the pool wait: --when-full wait\n");
  CHECK(all.said().empty());
}

TEST_CASE("what somebody has typed is no help") {
  auto told_of = [](std::string text) {
    return told({errc::invalid_argument, std::move(text)}, "m");
  };
  auto typed = told_of("not 'a; rm -rf x'");
  CHECK(typed.what == "not 'a; rm -rf x'");
  CHECK(typed.fix == "see: m --help");
  typed = told_of("unknown key \"a; b\"");
  CHECK(typed.what == "unknown key \"a; b\"");
  typed = told_of("not 'a; b'; take 'c'");
  CHECK(typed.what == "not 'a; b'");
  CHECK(typed.fix == "take 'c'");
  CHECK(told_of("; x").what.empty());
}

TEST_CASE("programs get failures, too") {
  captured all;
  output{output_form::jsonl}.failure({errc::unreachable, "no server; start one"});
  auto object = json::value::parse(all.said());
  CHECK(object["schema"] == "failure/1");
  CHECK(object["code"] == "unreachable");
  CHECK(object["error"] == "no server");
  CHECK(object["fix"] == "start one");
}

TEST_CASE("quiet is what is no failure") {
  captured all;
  output quiet{output_form::table, {}, {}, true};
  quiet.talk("hello");
  CHECK(all.told().empty());
  quiet.failure({errc::internal, "x; y"});
  CHECK(all.told() == "error: x\nfix: y\n");
}

TEST_CASE("kinds are named after their messages") {
  CHECK(kind_of<pool_list>() == "pool_list");
  CHECK(kind_of<task_result>() == "task_result");
}

TEST_CASE("people read ages") {
  using namespace std::chrono_literals;
  CHECK(age(0ns) == "0s");
  CHECK(age(-5s) == "0s");
  CHECK(age(59s) == "59s");
  CHECK(age(200s) == "3m20s");
  CHECK(age(2h) == "2h");
  CHECK(age(26h + 59min) == "1d2h");
  CHECK(age(24h * 12 + 5h) == "12d");
  CHECK(age_of_moment("no moment") == "no moment");
  CHECK(age_of_moment("2020-01-01T00:00:00Z").ends_with("d ago"));
  CHECK(age_of_moment("2999-01-01T00:00:00Z").starts_with("in "));
}

} // namespace mahavishnu::cli
