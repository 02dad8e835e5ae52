// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/config/settings.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::config {

// Texts that are made from the table alone.

/// A `mahavishnu.yaml` in which every key is explained and none is set.
std::string render_template();

/// `docs/settings.md`.
std::string render_docs();

/// A JSON Schema (draft 7) of a settings file, for editors.
std::string render_schema();

// Texts that show settings; secrets are masked in all of them.

/// Whether a rendering says where each value comes from.
enum class origins : bool { hidden, shown };

/// All settings, like a settings file.
std::string render_settings(const settings& from, origins with = origins::hidden);

/// All settings as one JSON object; with origins each value is `{"value": ..., "origin": "..."}`.
std::string render_settings_json(const settings& from, origins with = origins::hidden);

/// One setting, or all of one group as lines "key: value"; not_found names the nearest key.
result<std::string> render_value(const settings& from, std::string_view key);

/// The same as JSON.
result<std::string> render_value_json(const settings& from, std::string_view key);

} // namespace mahavishnu::config
