// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// The new file, or why there is none.
struct migration {
  std::optional<std::string> text;
  std::vector<problem> problems;
  /// A line for each key that has another name now.
  std::vector<std::string> moved;
};

/// A file with today's names for the settings in `old_text`; `old_name` is for messages, and
/// "oneiric.yaml" has rules of its own.
migration migrate_text(std::string_view old_text, const std::string& old_name);

/// The same from file to file; an existing `new_file` is an error unless `force` is given.
migration migrate_file(const std::filesystem::path& old_file, const std::filesystem::path& new_file,
                       bool force = false);

} // namespace mahavishnu::config
