// SPDX-License-Identifier: MIT
#pragma once

#include "config/assignment.hpp"

namespace mahavishnu::config {

/// Reads the variables `MAHAVISHNU_...` as a layer; other variables are nobody's business here.
layer_content read_environment_layer(const environment& variables);

} // namespace mahavishnu::config
