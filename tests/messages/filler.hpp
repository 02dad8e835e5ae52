// SPDX-License-Identifier: MIT
#pragma once

#include "messages/json.hpp"

#include <random>
#include <string>

namespace mahavishnu::test {

/// Gives every member of any message a value of its own, so that a forgotten one shows.
class filler {
public:
  explicit filler(std::uint32_t seed) : random_(seed) {}

  template <class T>
  void fill(T& x) {
    if constexpr (described<T>)
      std::apply([&](const auto&... each) { (fill(x.*each.member), ...); }, T::fields());
    else if constexpr (named_enum<T>)
      x = static_cast<T>(random_() % enum_names<T>::values.size());
    else if constexpr (std::is_same_v<T, bool>)
      x = true;
    else if constexpr (std::is_floating_point_v<T>)
      x = static_cast<T>(random_() % 100000 + 1) / 64;
    else if constexpr (std::is_integral_v<T>)
      x = static_cast<T>(random_() % 100000 + 1);
    else if constexpr (json::detail::is_duration<T>::value)
      x = std::chrono::milliseconds(random_() % 1000000 + 1);
    else if constexpr (json::detail::is_id<T>::value)
      x.value = word();
    else if constexpr (std::is_same_v<T, task_id>)
      x = task_id{random_(), random_()};
    else if constexpr (std::is_same_v<T, shared_text>)
      x = shared_text{word()};
    else if constexpr (json::detail::is_shared<T>::value) {
      std::remove_cvref_t<decltype(*x)> value;
      fill(value);
      x = T{std::move(value)};
    } else if constexpr (std::is_same_v<T, bus::payload>) {
      pick_payload(x);
      std::visit([&](auto& each) { fill(each); }, x);
    } else if constexpr (json::detail::is_object_map<T>::value)
      for (int i = 0; i < 3; ++i)
        fill(x[word()]);
    else if constexpr (std::is_same_v<T, std::string>)
      x = word();
    else if constexpr (json::detail::is_vector<T>::value) {
      x.resize(3);
      for (auto& each : x)
        fill(each);
    } else // a map of texts
      for (int i = 0; i < 3; ++i)
        x.emplace(word(), word());
  }

  /// Which payload the next notice gets.
  std::size_t payload = 0;

private:
  template <std::size_t I = 0>
  void pick_payload(bus::payload& x) {
    if constexpr (I < std::variant_size_v<bus::payload>) {
      if (payload == I)
        x.emplace<I>();
      else
        pick_payload<I + 1>(x);
    }
  }

  std::string word() { return "w" + std::to_string(random_()); }
  std::mt19937 random_;
};

} // namespace mahavishnu::test
