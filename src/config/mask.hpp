// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/config/table.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::config {

/// What stands in the place of every secret.
inline constexpr std::string_view mask_text = "********";

/// A value as people may see it: nothing of a secret, and no password inside an address.
std::string masked(const row& setting, std::string_view text);

/// True for NAME=VALUE when the name says that the value is a secret.
bool is_secret_assignment(std::string_view text);

/// The same text without the value of such an assignment.
std::string masked_assignment(std::string_view text);

/// A text that is safe in a message: one line, cut when long, control bytes escaped.
std::string printable(std::string_view text);

/// The same in double quotes.
std::string in_quotes(std::string_view text);

} // namespace mahavishnu::config
