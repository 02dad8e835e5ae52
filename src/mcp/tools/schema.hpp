// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/all.hpp"
#include "mcp/protocol/bounded_json.hpp"

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// JSON Schemas: of what tools take, said by hand; of what they answer, from the same list of
/// fields as the answers themselves, so that the two cannot differ.
namespace mahavishnu::mcp::server::schema {

template <described T>
json of();

namespace detail {

template <class T>
struct is_duration : std::false_type {};
template <class Rep, class Period>
struct is_duration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <class T>
struct element {
  using type = void;
};
template <class T>
struct element<std::vector<T>> {
  using type = T;
};
template <class T>
struct element<std::map<std::string, T>> {
  using type = T;
};
template <class T>
struct element<shared<T>> {
  using type = T;
};

template <class T>
json of_value() {
  using inside = typename element<T>::type;
  if constexpr (described<T>) {
    return of<T>();
  } else if constexpr (named_enum<T>) {
    auto names = json::array();
    for (auto each : enum_names<T>::values)
      names.push_back(each);
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (is_duration<T>::value) {
    return {{"type", "number"}, {"description", "seconds"}};
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_integral_v<T>) {
    return {{"type", "integer"}};
  } else if constexpr (std::is_floating_point_v<T>) {
    return {{"type", "number"}};
  } else if constexpr (std::is_same_v<T, std::vector<inside>>) {
    return {{"type", "array"}, {"items", of_value<inside>()}};
  } else if constexpr (std::is_same_v<T, std::map<std::string, inside>>) {
    return {{"type", "object"}, {"additionalProperties", of_value<inside>()}};
  } else if constexpr (!std::is_void_v<inside>) { // shared
    return of_value<inside>();
  } else {
    return {{"type", "string"}}; // texts and ids
  }
}

} // namespace detail

/// Of an answer.
template <described T>
json of() {
  auto properties = json::object();
  auto required = json::array();
  auto add = [&](const auto& each) {
    using value = std::remove_cvref_t<decltype(std::declval<T>().*each.member)>;
    properties[std::string{each.name}] = detail::of_value<value>();
    required.push_back(each.name);
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, T::fields());
  json made{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty())
    made["required"] = std::move(required);
  return made;
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
  auto made = detail::of_value<E>();
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
