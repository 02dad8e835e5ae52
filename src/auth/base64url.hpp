// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// As tokens have it: `-` and `_`, and no padding.
std::string base64url(std::string_view bytes);

/// Only what base64url() would write: each sequence of bytes has one text, so that nobody can
/// change a token and have it say the same.
std::optional<std::string> from_base64url(std::string_view text);

} // namespace mahavishnu::auth
