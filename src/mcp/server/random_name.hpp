// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mahavishnu::mcp::server {

/// 32 letters and digits that nobody can guess.
std::string random_name();

} // namespace mahavishnu::mcp::server
