// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/all.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

/// The one place where messages become JSON and JSON becomes messages, from the same list of fields
/// as the wire form.
namespace mahavishnu::json {

using value = nlohmann::ordered_json;

template <described T>
value from(const T& message);

namespace detail {

template <class T>
struct is_duration : std::false_type {};
template <class Rep, class Period>
struct is_duration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <class T>
struct is_id : std::false_type {};
template <class Kind>
struct is_id<id<Kind>> : std::true_type {};

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

template <class T>
struct is_shared : std::false_type {};
template <class T>
struct is_shared<shared<T>> : std::true_type {};

template <class T>
struct is_object_map : std::false_type {};
template <described T>
struct is_object_map<std::map<std::string, T>> : std::true_type {};

template <class T>
value write(const T& x) {
  if constexpr (described<T>)
    return from(x);
  else if constexpr (named_enum<T>)
    return std::string{to_string(x)};
  else if constexpr (is_duration<T>::value) // seconds everywhere in JSON
    return std::chrono::duration<double>(x).count();
  else if constexpr (is_id<T>::value || std::is_same_v<T, task_id> ||
                     std::is_same_v<T, shared_text>)
    return x.str();
  else if constexpr (is_shared<T>::value)
    return write(*x);
  else if constexpr (std::is_same_v<T, bus::payload>)
    return std::visit([](const auto& each) { return from(each); }, x);
  else if constexpr (is_object_map<T>::value) {
    auto object = value::object();
    for (const auto& [key, each] : x)
      object[key] = from(each);
    return object;
  } else if constexpr (is_vector<T>::value) {
    auto list = value::array();
    for (const auto& each : x)
      list.push_back(write(each));
    return list;
  } else
    return x;
}

/// Throws nlohmann's exception or `error`; `to` catches both.
template <class T>
void read(const value& from, T& x);

template <described T>
void read_object(const value& from, T& x) {
  if (!from.is_object())
    throw error{errc::invalid_argument, "expected an object"};
  std::apply(
      [&](const auto&... each) {
        [[maybe_unused]] auto one = [&](const auto& f) {
          auto at = from.find(f.name);
          if (at == from.end())
            return; // keeps the default
          try {
            read(*at, x.*f.member);
          } catch (const nlohmann::json::exception&) {
            throw error{errc::invalid_argument, "'" + std::string{f.name} + "' has the wrong type"};
          }
        };
        (one(each), ...);
        for (const auto& [key, ignored] : from.items())
          if (!((key == each.name) || ...))
            throw error{errc::invalid_argument, "unknown field '" + key + "'"};
      },
      T::fields());
}

/// The type of a notice says what its payload is; as text, it stands before it.
inline void read_notice(value from, notice& x) {
  auto type = enum_from_string<notice_type>(from.value("type", std::string{}));
  if (!type)
    throw error{errc::invalid_argument, "'type': " + type.error().message};
  auto load = [&]<std::size_t I>() {
    if (static_cast<std::size_t>(*type) == I)
      x.payload.template emplace<I>();
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (load.template operator()<I>(), ...);
  }
  (std::make_index_sequence<std::variant_size_v<bus::payload>>{});
  from.erase("type");
  read_object(from, x);
}

template <class T>
void read(const value& from, T& x) {
  if constexpr (std::is_same_v<T, notice>)
    read_notice(from, x);
  else if constexpr (std::is_same_v<T, bus::payload>)
    std::visit([&](auto& each) { read_object(from, each); }, x);
  else if constexpr (described<T>)
    read_object(from, x);
  else if constexpr (named_enum<T>) {
    auto parsed = enum_from_string<T>(from.get<std::string>());
    if (!parsed)
      throw parsed.error();
    x = *parsed;
  } else if constexpr (is_duration<T>::value) {
    auto seconds = from.get<double>();
    if (!std::isfinite(seconds) || std::abs(seconds) > 1e9)
      throw error{errc::invalid_argument, "a duration is a number of seconds up to 1e9"};
    x = std::chrono::round<T>(std::chrono::duration<double>(seconds));
  } else if constexpr (is_id<T>::value)
    x = T{from.get<std::string>()};
  else if constexpr (std::is_same_v<T, task_id>) {
    auto parsed = task_id::parse(from.get<std::string>());
    if (!parsed)
      throw error{errc::invalid_argument, "'" + from.get<std::string>() +
                                              "' is no task id; it looks like " + task_id{}.str()};
    x = *parsed;
  } else if constexpr (is_shared<T>::value) {
    std::remove_cvref_t<decltype(*x)> loaded;
    read(from, loaded);
    x = T{std::move(loaded)};
  } else if constexpr (is_object_map<T>::value) {
    if (!from.is_object())
      throw error{errc::invalid_argument, "expected an object"};
    x.clear();
    for (const auto& [key, each] : from.items())
      read(each, x[key]);
  } else if constexpr (std::is_same_v<T, shared_text>)
    x = shared_text{from.get<std::string>()};
  else if constexpr (is_vector<T>::value) {
    if (!from.is_array())
      throw error{errc::invalid_argument, "expected a list"};
    x.clear();
    for (const auto& each : from)
      read(each, x.emplace_back());
  } else
    from.get_to(x);
}

} // namespace detail

template <described T>
value from(const T& message) {
  auto object = value::object();
  if constexpr (std::is_same_v<T, notice>)
    object["type"] = std::string{to_string(message.type())};
  std::apply(
      [&](const auto&... each) {
        ((object[std::string{each.name}] = detail::write(message.*each.member)), ...);
      },
      T::fields());
  return object;
}

/// Missing fields keep their defaults; unknown fields and wrong types are errors.
template <described T>
result<T> to(const value& object) {
  T message;
  try {
    detail::read(object, message);
  } catch (const error& failure) {
    return failure;
  } catch (const nlohmann::json::exception& failure) {
    return error{errc::invalid_argument, failure.what()};
  }
  return message;
}

/// JSON text on one line or, for people, on several. Bytes that are not UTF-8 become U+FFFD.
inline std::string text(const value& object, bool pretty = false) {
  return object.dump(pretty ? 2 : -1, ' ', false, value::error_handler_t::replace);
}

} // namespace mahavishnu::json
