// SPDX-License-Identifier: MIT
#pragma once

#include "config/yaml_document.hpp"
#include "mahavishnu/config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// A text as YAML, in quotes unless every reader takes it for the same text without them.
std::string yaml_scalar(std::string_view text);

/// A list as YAML, on one line.
std::string yaml_list(const std::vector<std::string>& items);

/// A value as YAML; references in it are texts like others.
std::string yaml_value(const value& of);

/// What a user or an old file gave for a setting, as YAML; `text` must convert unless it holds a
/// reference, which is kept.
std::string yaml_value_of(const row& setting, std::string_view text);

} // namespace mahavishnu::config
