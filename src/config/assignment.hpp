// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/load.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mahavishnu::config {

/// One layer's word on one setting.
struct assignment {
  row_index at = 0;
  /// Nothing when the value was no good; then there is a problem about it.
  std::optional<config::value> value;
  config::origin origin;
};

/// Everything that one layer says.
struct layer_content {
  std::vector<assignment> assignments;
  /// With the fields that are set here and good.
  std::vector<worker_type_entry> worker_types;
  /// Names of types with something that is not.
  std::set<std::string> bad_worker_types;
  std::vector<problem> problems;
  std::vector<std::string> warnings;
  /// False when the layer could not be understood as a whole, so that values may be missing.
  bool is_complete = true;
};

} // namespace mahavishnu::config
