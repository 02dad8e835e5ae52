// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/worker_type_rules.hpp"
#include "mahavishnu/config/render.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

using namespace mahavishnu;
using namespace mahavishnu::config;
using nlohmann::json;

namespace {

bool is_of_type(const json& document, const std::string& type) {
  if (type == "integer")
    return document.is_number_integer();
  if (type == "number")
    return document.is_number();
  return type == document.type_name();
}

bool is_valid(const json& document, const json& schema);

/// The one pattern that fits the name says what is valid; a name that fits none is not.
bool is_valid_by_name(const std::string& name, const json& value, const json& patterns) {
  for (const auto& [pattern, schema] : patterns.items())
    if (std::regex_search(name, std::regex{pattern}))
      return is_valid(value, schema);
  return false;
}

/// The part of JSON Schema that our schema uses.
bool is_valid(const json& document, const json& schema) {
  for (const auto& [word, rule] : schema.items()) {
    bool is_good = true;
    if (word == "type" && rule.is_string())
      is_good = is_of_type(document, rule);
    else if (word == "type")
      is_good = std::ranges::any_of(rule, [&](const json& t) { return is_of_type(document, t); });
    else if (word == "enum")
      is_good = std::ranges::find(rule, document) != rule.end();
    else if (word == "minimum")
      is_good = document >= rule;
    else if (word == "maximum")
      is_good = document <= rule;
    else if (word == "pattern" && rule == "\\$\\{") // the only one there is: a reference
      is_good = document.is_string() && document.get<std::string>().find("${") != std::string::npos;
    else if (word == "anyOf")
      is_good = std::ranges::any_of(rule, [&](const json& s) { return is_valid(document, s); });
    else if (word == "items" && document.is_array())
      is_good = std::ranges::all_of(document, [&](const json& i) { return is_valid(i, rule); });
    else if (word == "properties" && document.is_object())
      for (const auto& [key, value] : document.items())
        is_good = is_good && rule.contains(key) && is_valid(value, rule[key]);
    else if (word == "patternProperties" && document.is_object())
      for (const auto& [key, value] : document.items())
        is_good = is_good && is_valid_by_name(key, value, rule);
    else if (std::string_view known = " $schema title description default deprecated "
                                      "additionalProperties items properties patternProperties ";
             known.find(" " + word + " ") == std::string_view::npos)
      FAIL("the schema has a word that this test does not know: " << word);
    if (!is_good)
      return false;
  }
  return true;
}

json as_json(const value& of) {
  return std::visit([](const auto& plain) { return json(plain); }, of);
}

json nested(const row& setting, json value) {
  if (setting.group.empty())
    return {{std::string{setting.name}, std::move(value)}};
  return {{std::string{setting.group}, {{std::string{setting.name}, std::move(value)}}}};
}

const json schema = json::parse(render_schema());

} // namespace

TEST_CASE("the schema is of draft 7 and closed at the top and in every group") {
  CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  CHECK(schema["additionalProperties"] == false);
  for (const auto& known : groups) {
    INFO(known.name);
    CHECK(schema["properties"][std::string{known.name}]["additionalProperties"] == false);
  }
}

TEST_CASE("every default and every reference is valid, for every key and every old name") {
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    auto good = as_json(default_of(setting));
    CHECK(is_valid(nested(setting, good), schema));
    CHECK(is_valid(nested(setting, "${ANY}"), schema));
    CHECK_FALSE(is_valid(nested(setting, json::object()), schema));
    for (auto old_name : setting.old_names) {
      CHECK(is_valid({{std::string{old_name}, good}}, schema));
      CHECK(schema["properties"][std::string{old_name}]["deprecated"] == true);
    }
  }
}

TEST_CASE("what the loader refuses is not valid either") {
  for (const auto& setting : rows) {
    INFO(key_of(setting));
    if (setting.has_range()) {
      CHECK(is_valid(nested(setting, setting.max), schema) == (setting.kind == kind::number));
      CHECK_FALSE(is_valid(nested(setting, static_cast<std::int64_t>(setting.max) + 1), schema));
      CHECK_FALSE(is_valid(nested(setting, static_cast<std::int64_t>(setting.min) - 1), schema));
    }
    if (setting.kind != kind::text)
      CHECK_FALSE(is_valid(nested(setting, "no such word"), schema));
  }
  CHECK_FALSE(is_valid({{"unknown", 1}}, schema));
  CHECK_FALSE(is_valid({{"pools", {{"unknown", 1}}}}, schema));
}

TEST_CASE("the template is valid: its groups are null") {
  json document = json::object();
  for (const auto& known : groups)
    document[std::string{known.name}] = nullptr;
  CHECK(is_valid(document, schema));
  CHECK(is_valid(json::parse(render_settings_json(settings::defaults())), schema));
  CHECK_FALSE(is_valid({{"pools", 5}}, schema));
}

TEST_CASE("the schema knows every field of a worker type, its values and its references") {
  auto with = [](const std::string& name, json type) -> json {
    return {{"worker_types", {{name, std::move(type)}}}};
  };
  for (const auto& field : worker_type_fields) {
    auto name = std::string{field.about.name};
    INFO(name);
    auto good = as_json(convert(field.about, field.example).value());
    CHECK(is_valid(with("my-tool", {{name, good}}), schema));
    CHECK(is_valid(with("my-tool", {{name, "${ANY}"}}), schema));
    CHECK_FALSE(is_valid(with("my-tool", {{name, json::object()}}), schema));
    if (field.about.kind != kind::text)
      CHECK_FALSE(is_valid(with("my-tool", {{name, "no such word"}}), schema));
    if (field.about.has_range())
      CHECK_FALSE(is_valid(with("my-tool", {{name, field.about.max + 1}}), schema));
  }
  CHECK(is_valid(with("python", nullptr), schema));
  CHECK(is_valid({{"worker_types", nullptr}}, schema));
  CHECK_FALSE(is_valid(with("my-tool", {{"unknown", 1}}), schema));
  CHECK_FALSE(is_valid({{"worker_types", json::array()}}, schema));
}

TEST_CASE("the schema takes the names of worker types that the loader takes") {
  for (auto name : {"a", "a-b_c.D9", "-a", "a b", ""})
    CHECK(is_valid({{"worker_types", {{name, nullptr}}}}, schema) == is_worker_type_name(name));
  for (std::size_t size : {64, 65})
    CHECK(is_valid({{"worker_types", {{std::string(size, 'a'), nullptr}}}}, schema) ==
          is_worker_type_name(std::string(size, 'a')));
}

TEST_CASE("a secret has no default in the schema") {
  for (const auto& setting : rows)
    if (setting.secret) {
      const auto& properties = setting.group.empty()
                                   ? schema["properties"]
                                   : schema["properties"][std::string{setting.group}]["properties"];
      CHECK_FALSE(properties[std::string{setting.name}].contains("default"));
    }
}
