// SPDX-License-Identifier: MIT
#include "config/convert.hpp"
#include "config/worker_type_fields.hpp"
#include "mahavishnu/config/render.hpp"

#include <nlohmann/json.hpp>

namespace mahavishnu::config {

namespace {

using json = nlohmann::ordered_json;

/// A text with a reference may stand for a value of any type.
json reference_schema() {
  return {{"type", "string"}, {"pattern", "\\$\\{"}};
}

json limits(std::string_view type, const row& setting) {
  if (setting.kind == kind::number)
    return {{"type", type}, {"minimum", setting.min}, {"maximum", setting.max}};
  return {{"type", type},
          {"minimum", static_cast<std::int64_t>(setting.min)},
          {"maximum", static_cast<std::int64_t>(setting.max)}};
}

/// What may stand there as a value of its own type.
json own_schema(const row& setting) {
  switch (setting.kind) {
  case kind::boolean: return {{"type", "boolean"}};
  case kind::integer: return limits("integer", setting);
  case kind::number: return limits("number", setting);
  case kind::text: return {{"type", json::array({"string", "null"})}};
  case kind::choice: return {{"enum", setting.choices}};
  case kind::text_list:
    return {{"type", json::array({"array", "null"})}, {"items", {{"type", "string"}}}};
  }
  return {};
}

json json_value(const value& of) {
  return std::visit([](const auto& plain) { return json(plain); }, of);
}

std::string description(const row& setting) {
  std::string text{setting.doc};
  if (!setting.unit.empty())
    text += " In " + std::string{setting.unit} + ".";
  if (setting.secret)
    text += " Secret.";
  if (!setting.in_use)
    text += " Accepted so that existing files load; nothing reads it yet.";
  return text;
}

json row_schema(const row& setting) {
  json schema;
  schema["description"] = description(setting);
  if (!setting.secret)
    schema["default"] = json_value(default_of(setting));
  if (setting.kind == kind::text)
    schema.update(own_schema(setting));
  else
    schema["anyOf"] = json::array({own_schema(setting), reference_schema()});
  return schema;
}

json group_schema(const group& group) {
  json properties = json::object();
  for (const auto& setting : rows_of(group.name))
    properties[std::string{setting.name}] = row_schema(setting);
  // A group whose keys are all commented out is null.
  return {{"description", group.doc},
          {"type", json::array({"object", "null"})},
          {"additionalProperties", false},
          {"properties", std::move(properties)}};
}

json worker_types_schema() {
  json fields = json::object();
  for (const auto& field : worker_type_fields)
    fields[std::string{field.about.name}] = row_schema(field.about);
  json type{{"type", json::array({"object", "null"})},
            {"additionalProperties", false},
            {"properties", std::move(fields)}};
  return {{"description", worker_types_doc},
          {"type", json::array({"object", "null"})},
          {"additionalProperties", false},
          {"patternProperties", {{"^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$", std::move(type)}}}};
}

} // namespace

std::string render_schema() {
  json properties = json::object();
  for (const auto& setting : rows_of(""))
    properties[std::string{setting.name}] = row_schema(setting);
  for (const auto& group : groups)
    properties[std::string{group.name}] = group_schema(group);
  properties[std::string{worker_types_key}] = worker_types_schema();
  for (const auto& setting : rows)
    for (auto old_name : setting.old_names) {
      auto schema = row_schema(setting);
      schema["description"] = "Old name of " + key_of(setting) + ".";
      schema["deprecated"] = true;
      properties[std::string{old_name}] = std::move(schema);
    }
  json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "Settings of Mahavishnu"},
              {"type", json::array({"object", "null"})},
              {"additionalProperties", false},
              {"properties", std::move(properties)}};
  return schema.dump(2) + "\n";
}

} // namespace mahavishnu::config
