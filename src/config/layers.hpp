// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <filesystem>
#include <string>

namespace mahavishnu::config {

/// The files that settings can come from.
struct settings_files {
  std::filesystem::path main;
  std::filesystem::path local;
  std::filesystem::path legacy;
  /// Neither of the new files exists, and the old one does.
  bool uses_legacy = false;
};

settings_files files_of(const sources& from);

/// How messages name a file: relative to the working directory where that is shorter to read.
std::string display_name(const sources& from, const std::filesystem::path& file);

/// A text that one file is taken to have, whatever the disk says.
struct supposed_file {
  std::filesystem::path file;
  std::string text;
};

/// `load`, if one file had another text.
load_outcome load_supposing(const sources& from, const supposed_file* supposed);

} // namespace mahavishnu::config
