// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// The value that a text means for a row; a list is separated by commas, or a JSON array.
/// The message of an error starts with the key and masks what has to be masked.
result<value> convert(const row& setting, std::string_view text);

/// A list that is written as one.
result<value> convert(const row& setting, std::vector<std::string> items);

/// "pools.max_workers must be ..., not ...".
std::string refusal(const row& setting, std::string_view got);

/// The text that `convert` turns into this value again.
std::string to_text(const value& of);

/// The shortest text of a number: "10", "0.85".
std::string number_text(double number);

/// The default of a row.
value default_of(const row& setting);

} // namespace mahavishnu::config
