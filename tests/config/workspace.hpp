// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"
#include "support/scratch.hpp"

#include <string>
#include <vector>

namespace mahavishnu::test {

/// An empty working directory that goes away with its test.
class workspace : public scratch {
public:
  config::sources sources() const {
    config::sources from;
    from.working_dir = path();
    from.environment = environment;
    from.flags = flags;
    return from;
  }
  config::load_outcome load() const { return config::load(sources()); }

  config::environment environment;
  std::vector<config::flag> flags;
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
