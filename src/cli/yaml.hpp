// SPDX-License-Identifier: MIT
#pragma once

#include "messages/json.hpp"

#include <string>

namespace mahavishnu::cli {

/// The same as YAML, in blocks; every reader of YAML gets back the same JSON.
std::string yaml_of(const json::value& what);

} // namespace mahavishnu::cli
