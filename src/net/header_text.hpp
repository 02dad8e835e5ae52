// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mahavishnu::net {

/// What HTTP calls a token: names of headers, and methods.
bool is_header_name(std::string_view text);

/// Without line breaks and other control characters.
bool is_header_value(std::string_view text);

} // namespace mahavishnu::net
