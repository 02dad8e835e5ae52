// SPDX-License-Identifier: MIT
#include "mahavishnu/config/settings.hpp"

#include "config/mask.hpp"
#include "config/settings_builder.hpp"

namespace mahavishnu::config {

std::string to_string(const origin& place) {
  switch (place.layer) {
  case layer::defaults: return "default";
  case layer::legacy_file:
  case layer::main_file:
  case layer::local_file: break;
  case layer::environment: return "environment " + place.name;
  case layer::command_line: return "command line " + place.name;
  }
  if (place.line == 0)
    return place.name;
  return place.name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

settings settings::defaults() {
  return settings_builder{}.current();
}

std::string settings::value_text(row_index index) const {
  return masked(rows[index], to_text(values_[index]));
}

} // namespace mahavishnu::config
