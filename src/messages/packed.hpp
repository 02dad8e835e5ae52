// SPDX-License-Identifier: MIT
#pragma once

#include "base/byte_codec.hpp"
#include "mahavishnu/messages/all.hpp"

#include <algorithm>

/// The form in which messages are kept on disk, from the same list of fields as their wire form:
/// exact to the byte, short, and readable by later versions. Fields that have their default are
/// left out, and the others have their place in the list before them. So fields of what is kept may
/// be added at the end and are never moved or taken out.
namespace mahavishnu::packed {

template <described T>
std::string from(const T& message);

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
struct is_map : std::false_type {};
template <class Key, class T>
struct is_map<std::map<Key, T>> : std::true_type {};

template <class T>
struct is_shared : std::false_type {};
template <class T>
struct is_shared<shared<T>> : std::true_type {};

template <described T>
void put_object(byte_writer& to, const T& x);

template <class T>
void put(byte_writer& to, const T& x) {
  if constexpr (described<T>)
    put_object(to, x);
  else if constexpr (std::is_same_v<T, task_id>) {
    to.put(x.high());
    to.put(x.low());
  } else if constexpr (is_id<T>::value || std::is_same_v<T, shared_text>)
    to.put(std::string_view{x.str()});
  else if constexpr (std::is_same_v<T, std::string>)
    to.put(std::string_view{x});
  else if constexpr (is_duration<T>::value)
    to.put(static_cast<std::int64_t>(x.count()));
  else if constexpr (std::is_enum_v<T>)
    to.put(static_cast<std::uint8_t>(x));
  else if constexpr (is_shared<T>::value)
    put(to, *x);
  else if constexpr (is_vector<T>::value) {
    to.put(static_cast<std::uint32_t>(x.size()));
    for (const auto& each : x)
      put(to, each);
  } else if constexpr (is_map<T>::value) {
    to.put(static_cast<std::uint32_t>(x.size()));
    for (const auto& [key, each] : x) {
      put(to, key);
      put(to, each);
    }
  } else
    to.put(x); // a number
}

template <described T>
void put_object(byte_writer& to, const T& x) {
  static const T nothing{};
  std::apply(
      [&](const auto&... each) {
        std::uint8_t place = 0;
        [[maybe_unused]] auto one = [&](const auto& f) {
          ++place;
          if (x.*f.member == nothing.*f.member)
            return;
          to.put(place);
          auto value = to.begin_text();
          put(to, x.*f.member);
          to.end_text(value);
        };
        (one(each), ...);
      },
      T::fields());
  to.put(std::uint8_t{0});
}

/// Stops at what makes no sense; whoever asked looks at `from.good()`.
template <class T>
void read(byte_reader& from, T& x);

template <described T>
void read_object(byte_reader& from, T& x) {
  while (auto place = from.number<std::uint8_t>()) {
    auto bytes = from.text();
    byte_reader value{bytes};
    std::apply(
        [&](const auto&... each) {
          std::uint8_t at = 0;
          bool good = true;
          [[maybe_unused]] auto one = [&](const auto& f) {
            if (++at != place)
              return;
            read(value, x.*f.member);
            good = value.complete();
          };
          (one(each), ...);
          if (!good)
            from.spoil();
        },
        T::fields());
  }
}

template <class T>
void read(byte_reader& from, T& x) {
  if constexpr (described<T>)
    read_object(from, x);
  else if constexpr (std::is_same_v<T, task_id>) {
    auto high = from.number<std::uint64_t>();
    x = task_id{high, from.number<std::uint64_t>()};
  } else if constexpr (is_id<T>::value || std::is_same_v<T, shared_text> ||
                       std::is_same_v<T, std::string>)
    x = T{from.text()};
  else if constexpr (is_duration<T>::value)
    x = T{from.number<std::int64_t>()};
  else if constexpr (named_enum<T>) {
    auto number = from.number<std::uint8_t>();
    if (number < enum_names<T>::values.size())
      x = static_cast<T>(number);
    else
      from.spoil();
  } else if constexpr (is_shared<T>::value) {
    std::remove_cvref_t<decltype(*x)> loaded;
    read(from, loaded);
    x = T{std::move(loaded)};
  } else if constexpr (is_vector<T>::value) {
    for (auto count = from.number<std::uint32_t>(); count > 0 && from.good(); --count)
      read(from, x.emplace_back());
  } else if constexpr (is_map<T>::value) {
    for (auto count = from.number<std::uint32_t>(); count > 0 && from.good(); --count) {
      typename T::key_type key;
      read(from, key);
      read(from, x[std::move(key)]);
    }
  } else
    x = from.number<T>();
}

} // namespace detail

template <described T>
std::string from(const T& message) {
  byte_writer to;
  detail::put(to, message);
  return to.take();
}

/// Nothing when the bytes are none of that type.
template <described T>
std::optional<T> to(std::string_view bytes) {
  byte_reader from{bytes};
  T message;
  detail::read(from, message);
  return from.complete() ? std::optional{std::move(message)} : std::nullopt;
}

} // namespace mahavishnu::packed
