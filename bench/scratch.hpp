// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

namespace mahavishnu::bench {

/// A directory that goes with the measurement.
class scratch {
public:
  /// On the disk of the build, since the place for temporary files may be memory, where a sync
  /// costs nothing.
  static scratch on_disk() { return scratch{std::filesystem::current_path()}; }
  /// Where temporary files are.
  static scratch anywhere() { return scratch{std::filesystem::temp_directory_path()}; }

  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
  explicit scratch(const std::filesystem::path& parent) {
    auto name = (parent / "mahavishnu-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      std::cerr << "bench: cannot make the directory '" << name << "'\n";
      std::exit(1);
    }
    path_ = name;
  }

  std::filesystem::path path_;
};

} // namespace mahavishnu::bench
