// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"
#include "messages/json_schema.hpp"

#include <string>
#include <string_view>
#include <vector>

/// JSON Schemas: of what tools take, said by hand; of what they answer, from the same list of
/// fields as the answers themselves, so that the two cannot differ.
namespace mahavishnu::mcp::server::schema {

/// Of an answer.
template <described T>
json of() {
  return ::mahavishnu::json::schema_of<json, T>();
}

/// Of what a tool takes.
struct argument {
  std::string_view name;
  json what;
  bool is_required = false;
};

inline json object(const std::vector<argument>& all) {
  auto properties = json::object();
  auto required = json::array();
  for (const auto& each : all) {
    properties[std::string{each.name}] = each.what;
    if (each.is_required)
      required.push_back(each.name);
  }
  json made{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty())
    made["required"] = std::move(required);
  return made;
}

inline json text(std::string_view description, std::size_t most = 4096) {
  return {{"type", "string"}, {"description", description}, {"maxLength", most}};
}
inline json name(std::string_view description) {
  return {{"type", "string"}, {"description", description}, {"minLength", 1}, {"maxLength", 256}};
}
inline json texts(std::string_view description) {
  return {{"type", "array"},
          {"description", description},
          {"items", {{"type", "string"}, {"maxLength", 256}}},
          {"maxItems", 1000}};
}
inline json whole(std::string_view description, std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"description", description}, {"minimum", least}, {"maximum", most}};
}
inline json seconds(std::string_view description, double most) {
  return {{"type", "number"}, {"description", description}, {"minimum", 0}, {"maximum", most}};
}
template <named_enum E>
json choice(std::string_view description) {
  auto made = ::mahavishnu::json::schema_of_value<json, E>();
  made["description"] = description;
  return made;
}
inline json truth(std::string_view description) {
  return {{"type", "boolean"}, {"description", description}};
}
/// An answer that is a list, as those who used these tools before know it.
inline json list_of(json item) {
  return {{"type", "object"},
          {"properties", {{"result", {{"type", "array"}, {"items", std::move(item)}}}}},
          {"required", {"result"}}};
}
/// An answer that has any names, each with one of these.
inline json map_of(json item) {
  return {{"type", "object"}, {"additionalProperties", std::move(item)}};
}
/// As it is when it is left out.
inline json with_default(json what, json value) {
  what["default"] = std::move(value);
  return what;
}

} // namespace mahavishnu::mcp::server::schema
