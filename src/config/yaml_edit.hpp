// SPDX-License-Identifier: MIT
#pragma once

#include "config/yaml_document.hpp"
#include "mahavishnu/config/table.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::config {

/// A text with one change, or the place where a person has to make the change.
struct edited {
  std::optional<std::string> text;
  yaml_problem problem;
};

/// Sets one key in the text of a settings file; every other byte stays. `value` is YAML. The result
/// has been read again: exactly this key differs.
edited edit_yaml(std::string_view text, const row& setting, const std::string& value);

} // namespace mahavishnu::config
