// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/origin.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// The key of a settings file below which worker types stand, by name.
inline constexpr std::string_view worker_types_key = "worker_types";

/// True for that key and for those below it.
constexpr bool is_about_worker_types(std::string_view key) {
  return key.starts_with(worker_types_key) &&
         (key.size() == worker_types_key.size() || key[worker_types_key.size()] == '.');
}

/// Types that are there without any settings. An entry of such a name changes that type and need
/// not be complete.
inline constexpr auto builtin_worker_types =
    std::to_array<std::string_view>({"shell", "process", "python", "node", "container"});

/// What the settings say about one worker type; a field that nobody set is empty.
struct worker_type_entry {
  std::string name;
  /// Where the strongest file that speaks of the type names it.
  origin place;
  std::optional<std::vector<std::string>> command;
  std::optional<std::string> prompt;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> environment;
  std::optional<double> timeout_seconds;
  std::optional<std::string> requires_tool;
  std::optional<std::vector<std::string>> version_command;
  std::optional<std::string> image, network, memory;
  std::optional<double> cpus;
  /// Where each field that is set comes from, by the name of the field.
  std::map<std::string, origin, std::less<>> places;

  friend bool operator==(const worker_type_entry&, const worker_type_entry&) = default;
};

} // namespace mahavishnu::config
