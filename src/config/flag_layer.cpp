// SPDX-License-Identifier: MIT
#include "config/flag_layer.hpp"

#include "config/convert.hpp"

namespace mahavishnu::config {

layer_content read_flag_layer(const std::vector<flag>& flags) {
  layer_content content;
  for (const auto& given : flags) {
    auto place = origin{layer::command_line, given.text};
    auto at = find_row(given.key);
    if (!at) {
      content.problems.push_back({to_string(place), given.key, no_setting_text(given.key)});
      continue;
    }
    auto made = convert(rows[*at], given.value);
    content.assignments.push_back({*at, made ? std::optional{*made} : std::nullopt, place});
    if (!made)
      content.problems.push_back({to_string(place), given.key, made.error().message});
  }
  return content;
}

} // namespace mahavishnu::config
