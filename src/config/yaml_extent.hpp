// SPDX-License-Identifier: MIT
#pragma once

#include "config/text_lines.hpp"
#include "config/yaml_document.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mahavishnu::config {

// Where things end in the text of a file. The parser says only where they begin. Nothing means: not
// written in one of the simple ways.

/// End of a scalar on one line, in quotes or not, and of a list or a map in brackets.
std::optional<std::size_t> end_of_value(std::string_view text, const yaml_node& node);

/// Just after the colon of a key.
std::optional<std::size_t> end_of_key(std::string_view text, std::size_t key_start);

/// End of a `null` or `~` that follows; `from` itself when there is none.
std::size_t end_of_null(std::string_view text, std::size_t from);

/// The last line that belongs to a key and its value.
int last_line_of(const text_lines& lines, const yaml_entry& entry);

} // namespace mahavishnu::config
