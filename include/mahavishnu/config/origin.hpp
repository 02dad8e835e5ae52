// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace mahavishnu::config {

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

} // namespace mahavishnu::config
