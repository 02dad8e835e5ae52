// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/settings.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::config {

/// A value from the command line, and the flag that gave it.
struct flag {
  std::string key;
  std::string value;
  std::string text;
};

/// Variables by name.
using environment = std::map<std::string, std::string>;

/// Where to look for settings.
struct sources {
  /// Holds `mahavishnu.yaml` and `local.yaml`; a relative path starts at `working_dir`.
  std::filesystem::path settings_dir = "settings";
  std::filesystem::path working_dir = ".";
  config::environment environment;
  std::vector<flag> flags;
};

/// One thing that is wrong with the settings.
struct problem {
  /// Where: "settings/mahavishnu.yaml:3:5", "environment MAHAVISHNU_DEBUG".
  std::string origin;
  /// Full name of the setting; empty when the trouble is not about one.
  std::string key;
  std::string message;

  friend bool operator==(const problem&, const problem&) = default;
};

/// "origin: message", a line of the list that a user sees.
std::string to_string(const problem& trouble);

/// Either settings, or everything that is wrong; warnings in both cases.
struct load_outcome {
  std::optional<config::settings> settings;
  std::vector<problem> problems;
  std::vector<std::string> warnings;
};

/// Reads every layer, checks everything, and reports all problems at once.
load_outcome load(const sources& from);

/// A copy of the environment of this process, for `sources`.
config::environment process_environment();

} // namespace mahavishnu::config
