// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/table.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mahavishnu::config {

/// The value of one setting; which alternative it is follows from the kind of its row.
using value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// Where a value can come from, the weakest first.
enum class layer : std::uint8_t {
  /// The table.
  defaults,
  /// `oneiric.yaml`, when there is no settings file.
  legacy_file,
  /// `mahavishnu.yaml`.
  main_file,
  /// `local.yaml`.
  local_file,
  /// A variable.
  environment,
  /// A flag.
  command_line,
};

/// The place that set a value.
struct origin {
  config::layer layer = layer::defaults;
  /// File, variable or flag.
  std::string name;
  /// Of a file; the first is 1.
  int line = 0;
  int column = 0;

  friend bool operator==(const origin&, const origin&) = default;
};

/// "default", "settings/mahavishnu.yaml:3:5", "environment MAHAVISHNU_DEBUG", "command line
/// --port".
std::string to_string(const origin& place);

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
};

} // namespace mahavishnu::config
