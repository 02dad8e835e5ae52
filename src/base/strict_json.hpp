// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>

namespace mahavishnu {

/// Reads what a stranger has written and something is about to be done for: no deeper than so many
/// arrays and objects in each other, and no member twice in one object, since of such two each
/// reader takes the one it likes. The error is what the text is instead, as a phrase.
result<nlohmann::json> parse_strict_json(std::string_view text, std::size_t most_depth);

} // namespace mahavishnu
