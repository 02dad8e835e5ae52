// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::config {

/// A change of one setting in a file.
struct edit_request {
  /// The environment counts too: the whole result is checked before anything is written.
  sources from;
  std::string key;
  /// As in a file: text, or items separated by commas; `${VAR}` stays a reference.
  std::string value;
  /// Without one: the file that sets the key now, else `local.yaml` for a secret, else
  /// `mahavishnu.yaml`.
  std::optional<std::filesystem::path> file;
};

/// What a saved change did.
struct edit_report {
  std::filesystem::path file;
  /// The file was not there before.
  bool created = false;
  /// Where a stronger layer sets the same key, so that the saved value has no effect.
  std::optional<origin> overridden_by;
};

/// Either a report, or why nothing was written.
struct edit_outcome {
  std::optional<edit_report> report;
  std::vector<problem> problems;
  std::vector<std::string> warnings;
};

/// Changes one value in a settings file and keeps everything else in it, byte by byte.
edit_outcome save_setting(const edit_request& request);

} // namespace mahavishnu::config
