// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace mahavishnu::test {

/// The text of a file; empty when there is none.
inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// An empty working directory that goes away with its test.
class workspace {
public:
  workspace() {
    auto pattern = (std::filesystem::temp_directory_path() / "mahavishnu_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;
  ~workspace() { std::filesystem::remove_all(root_); }

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path path(std::string_view name) const { return root_ / name; }

  void write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories(path(name).parent_path());
    std::ofstream{path(name), std::ios::binary} << text;
  }
  std::string read(std::string_view name) const { return content_of(path(name)); }

  config::sources sources() const {
    config::sources from;
    from.working_dir = root_;
    from.environment = environment;
    from.flags = flags;
    return from;
  }
  config::load_outcome load() const { return config::load(sources()); }

  config::environment environment;
  std::vector<config::flag> flags;

private:
  std::filesystem::path root_;
};

/// All lines of a list of problems, as a user would see them.
inline std::string text_of(const std::vector<config::problem>& problems) {
  std::string text;
  for (const auto& trouble : problems)
    text += to_string(trouble) + "\n";
  return text;
}

inline std::string text_of(const std::vector<std::string>& warnings) {
  std::string text;
  for (const auto& warning : warnings)
    text += warning + "\n";
  return text;
}

} // namespace mahavishnu::test
