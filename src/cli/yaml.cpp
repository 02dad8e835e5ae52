// SPDX-License-Identifier: MIT
#include "cli/yaml.hpp"

#include "config/yaml_text.hpp"

namespace mahavishnu::cli {

namespace {

std::string scalar(const json::value& what) {
  if (!what.is_string())
    return json::text(what); // which empty objects and lists share, too
  const auto& text = what.get_ref<const std::string&>();
  auto plain = config::yaml_scalar(text);
  // All that some reader takes for a line break or for no text at all is written as a number.
  return plain == text ? plain : what.dump(-1, ' ', true, json::value::error_handler_t::replace);
}

bool is_block(const json::value& what) {
  return what.is_structured() && !what.empty();
}

void write(const json::value& what, std::size_t depth, bool goes_on, std::string& to) {
  std::string indent(2 * depth, ' ');
  auto begin = [&] {
    // The first entry of an entry of a list stands behind its dash.
    if (!goes_on)
      to += indent;
    goes_on = false;
  };
  if (what.is_object())
    for (const auto& [key, value] : what.items()) {
      begin();
      to += scalar(json::value(key)) + ":";
      if (is_block(value)) {
        to += "\n";
        write(value, depth + (value.is_object() ? 1 : 0), false, to);
      } else
        to += " " + scalar(value) + "\n";
    }
  else
    for (const auto& each : what) {
      begin();
      to += "- ";
      if (is_block(each))
        write(each, depth + 1, true, to);
      else
        to += scalar(each) + "\n";
    }
}

} // namespace

std::string yaml_of(const json::value& what) {
  if (!is_block(what))
    return scalar(what) + "\n";
  std::string text;
  write(what, 0, false, text);
  return text;
}

} // namespace mahavishnu::cli
