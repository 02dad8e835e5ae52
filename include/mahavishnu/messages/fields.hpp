// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/sec.hpp>

#include <array>
#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace mahavishnu {

/// A member of a message and its name in JSON.
template <class Owner, class T>
struct field {
  std::string_view name;
  T Owner::*member;
};

template <class Owner, class T>
field(std::string_view, T Owner::*) -> field<Owner, T>;

/// A type that lists its members once; its wire form and its JSON form both follow from that list.
template <class T>
concept described = requires {
  std::remove_const_t<T>::fields();
};

/// Names of an enumeration whose values are 0, 1, 2, ...; specialised beside each one.
template <class Enum>
struct enum_names;

template <class T>
concept named_enum = std::is_enum_v<T> && requires {
  enum_names<T>::values.size();
};

template <named_enum Enum>
std::string_view to_string(Enum value) {
  auto at = static_cast<std::size_t>(value);
  return at < enum_names<Enum>::values.size() ? enum_names<Enum>::values[at] : "unknown";
}

/// The value of that name; an error that lists all names otherwise.
template <named_enum Enum>
result<Enum> enum_from_string(std::string_view name) {
  const auto& names = enum_names<Enum>::values;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name)
      return static_cast<Enum>(i);
  std::string known;
  for (auto each : names)
    known.append(known.empty() ? "" : ", ").append(each);
  return error{errc::invalid_argument, "'" + std::string{name} + "' is not one of " + known};
}

namespace detail {

/// CAF loads an enumeration from any number that a peer sends; we take only those that have a name.
template <described T>
caf::error check_enums(const T& x) {
  bool good = true;
  auto check = [&](const auto& value) {
    using value_type = std::remove_cvref_t<decltype(value)>;
    if constexpr (named_enum<value_type>)
      good = good && static_cast<std::size_t>(value) < enum_names<value_type>::values.size();
  };
  std::apply([&](const auto&... each) { (check(x.*each.member), ...); }, T::fields());
  return good ? caf::error{} : caf::make_error(caf::sec::invalid_argument);
}

} // namespace detail

/// The wire form of every described type: its members in the listed order.
template <class Inspector, described T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  return std::apply(
      [&](const auto&... each) {
        if constexpr (std::is_const_v<T>)
          return f(x.*each.member...);
        else
          return f(x.*each.member...,
                   caf::meta::load_callback([&x] { return detail::check_enums(x); }));
      },
      std::remove_const_t<T>::fields());
}

} // namespace mahavishnu
