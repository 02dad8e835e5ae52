// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/all.hpp"

#include <map>
#include <string>
#include <type_traits>
#include <vector>

/// JSON Schemas of messages, from the same list of fields as their JSON form, so that the two
/// cannot differ. `Json` is any of nlohmann's.
namespace mahavishnu::json {

template <class Json, described T>
Json schema_of();

namespace schema_detail {

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

} // namespace schema_detail

/// Of the value of a field.
template <class Json, class T>
Json schema_of_value() {
  using inside = typename schema_detail::element<T>::type;
  if constexpr (described<T>) {
    return schema_of<Json, T>();
  } else if constexpr (named_enum<T>) {
    auto names = Json::array();
    for (auto each : enum_names<T>::values)
      names.push_back(each);
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (schema_detail::is_duration<T>::value) {
    return {{"type", "number"}, {"description", "seconds"}};
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_integral_v<T>) {
    return {{"type", "integer"}};
  } else if constexpr (std::is_floating_point_v<T>) {
    return {{"type", "number"}};
  } else if constexpr (std::is_same_v<T, std::vector<inside>>) {
    return {{"type", "array"}, {"items", schema_of_value<Json, inside>()}};
  } else if constexpr (std::is_same_v<T, std::map<std::string, inside>>) {
    return {{"type", "object"}, {"additionalProperties", schema_of_value<Json, inside>()}};
  } else if constexpr (std::is_same_v<T, bus::payload>) {
    return {{"type", "object"}};                  // what it has is said by the type of its notice
  } else if constexpr (!std::is_void_v<inside>) { // shared
    return schema_of_value<Json, inside>();
  } else {
    return {{"type", "string"}}; // texts and ids
  }
}

template <class Json, described T>
Json schema_of() {
  auto properties = Json::object();
  auto required = Json::array();
  auto add = [&](const auto& each) {
    using held = std::remove_cvref_t<decltype(std::declval<T>().*each.member)>;
    properties[std::string{each.name}] = schema_of_value<Json, held>();
    required.push_back(each.name);
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, T::fields());
  Json made{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty())
    made["required"] = std::move(required);
  return made;
}

} // namespace mahavishnu::json
