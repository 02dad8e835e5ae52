// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/config/render.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace mahavishnu::config {

/// All worker types, like the part of a settings file that sets them.
std::string worker_types_text(const settings& from, origins with);

/// The same as an object of objects.
nlohmann::ordered_json worker_types_json(const settings& from, origins with);

/// All types, one type, or one field of one; not_found names the nearest key.
result<std::string> worker_types_value(const settings& from, std::string_view key);

/// The same as JSON.
result<nlohmann::ordered_json> worker_types_value_json(const settings& from, std::string_view key);

} // namespace mahavishnu::config
