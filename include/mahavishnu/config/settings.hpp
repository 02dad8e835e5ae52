// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/origin.hpp"
#include "mahavishnu/config/table.hpp"
#include "mahavishnu/config/worker_type.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mahavishnu::config {

/// The value of one setting; which alternative it is follows from the kind of its row.
using value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// The settings of one process: complete, checked, and never changed again.
class settings {
public:
  /// What holds when nobody set anything.
  static settings defaults();

  /// A value under its full name: bool, std::int64_t, double, text or list, as its row says.
  template <key_name Key>
  const auto& get() const {
    constexpr auto at = index_of<Key>();
    constexpr auto of = rows[at].kind;
    if constexpr (of == kind::boolean)
      return as<bool>(at);
    else if constexpr (of == kind::integer)
      return as<std::int64_t>(at);
    else if constexpr (of == kind::number)
      return as<double>(at);
    else if constexpr (of == kind::text_list)
      return as<std::vector<std::string>>(at);
    else
      return as<std::string>(at);
  }

  const value& at(row_index index) const { return values_[index]; }
  const origin& origin_of(row_index index) const { return origins_[index]; }

  /// What the files say about worker types, sorted by name.
  const std::vector<worker_type_entry>& worker_types() const { return worker_types_; }

  /// The value for people; passwords and secrets are masked.
  std::string value_text(row_index index) const;

private:
  friend class settings_builder;

  settings() = default;

  template <class T>
  const T& as(row_index index) const {
    return *std::get_if<T>(&values_[index]);
  }

  std::vector<value> values_;
  std::vector<origin> origins_;
  std::vector<worker_type_entry> worker_types_;
};

} // namespace mahavishnu::config
