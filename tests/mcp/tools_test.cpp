// SPDX-License-Identifier: MIT
#include "mcp/server/validator.hpp"
#include "mcp/tools/all_tools.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>

using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using mahavishnu::auth::scope;

namespace {

/// To be looked at and not to be called.
std::vector<tool> tools() {
  return all_tools(control_door{}, nullptr);
}

bool is_name(const std::string& name) {
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

} // namespace

TEST_CASE("every tool has a name of its own, a title, and a description in sentences") {
  std::set<std::string> names;
  for (const auto& each : tools()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(is_name(each.name));
    CHECK(each.title.size() >= 10);
    CHECK(each.description.size() >= 30);
    CHECK(each.description.ends_with('.'));
    CHECK(each.run != nullptr);
  }
  CHECK(names.size() > 50);
}

TEST_CASE("every tool takes an object of named arguments, each with a description, and no others") {
  for (const auto& each : tools()) {
    INFO(each.name);
    CHECK(each.input_schema["type"] == "object");
    CHECK(each.input_schema["additionalProperties"] == false);
    for (const auto& [name, what] : each.input_schema["properties"].items()) {
      INFO(name);
      CHECK(is_name(name));
      CHECK(what.contains("description"));
      CHECK(what.contains("type"));
    }
    for (const auto& name : each.input_schema.value("required", json::array()))
      CHECK(each.input_schema["properties"].contains(name.get<std::string>()));
    validator usable{each.input_schema};
    CHECK(usable.problem_of(json{{"no_such_argument", 1}}).has_value());
  }
}

TEST_CASE("every tool says what it answers: an object") {
  for (const auto& each : tools()) {
    INFO(each.name);
    CHECK(each.output_schema["type"] == "object");
    CHECK((each.output_schema.contains("properties") ||
           each.output_schema.contains("additionalProperties")));
    validator usable{each.output_schema};
    CHECK(usable.problem_of(json::array()).has_value());
  }
}

TEST_CASE("what a caller has to be allowed follows from what a tool does") {
  for (const auto& each : tools()) {
    INFO(each.name);
    CHECK(each.hints.reads_only == (each.hints.needs == scope::read));
    CHECK(each.hints.needs != scope::admin);
    if (each.hints.reads_only)
      CHECK_FALSE(each.hints.destroys);
    // What runs something of the caller's may do anything, and outside of the server.
    if (each.hints.is_open && each.name != "memory_sync")
      CHECK(each.hints.needs == scope::execute);
  }
}

TEST_CASE("tools for single workers say that they are deprecated, and what to take instead") {
  int count = 0;
  for (const auto& each : tools()) {
    auto is_old = each.name.starts_with("worker_");
    count += is_old ? 1 : 0;
    INFO(each.name);
    CHECK((each.title.find("(deprecated)") != std::string::npos) == is_old);
    CHECK((each.description.find("Deprecated: use ") != std::string::npos) == is_old);
  }
  CHECK(count == 9);
}
