// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace mahavishnu::auth {

/// The JSON object that the whole text is. Nothing when it is none, nests deeper than that, or has
/// two members of one name: of such two, each reader takes the one it likes.
std::optional<nlohmann::json> parse_object(std::string_view text, std::size_t most_depth);

/// The member of that name, if the object has it.
const nlohmann::json* find_member(const nlohmann::json& object, const char* name);

} // namespace mahavishnu::auth
