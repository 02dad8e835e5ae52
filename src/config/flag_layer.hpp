// SPDX-License-Identifier: MIT
#pragma once

#include "config/assignment.hpp"

#include <vector>

namespace mahavishnu::config {

/// Reads the flags of a command line as a layer; the last of two flags for one key wins.
layer_content read_flag_layer(const std::vector<flag>& flags);

} // namespace mahavishnu::config
