// SPDX-License-Identifier: MIT
#include "config/yaml_text.hpp"

#include "base/text.hpp"
#include "config/convert.hpp"
#include "config/substitute.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::config {

namespace {

/// Words that one reader or another takes for something else than text.
constexpr auto words_with_meaning =
    std::to_array<std::string_view>({"true", "false", "yes", "no", "on", "off", "y", "n", "null"});

bool is_plain(std::string_view text) {
  auto is_first = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/';
  };
  auto is_next = [&](char c) {
    return is_first(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !text.empty() && is_first(text.front()) && std::ranges::all_of(text, is_next) &&
         std::ranges::find(words_with_meaning, to_lower(text)) == words_with_meaning.end();
}

} // namespace

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text))
    return std::string{text};
  std::string escaped = "\"";
  for (auto character : text) {
    if (character == '"' || character == '\\')
      escaped += '\\';
    if (character == '\t')
      escaped += "\\t";
    else
      escaped += character;
  }
  return escaped + "\"";
}

std::string yaml_list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const auto& item : items)
    text += (text.size() > 1 ? ", " : "") + yaml_scalar(item);
  return text + "]";
}

std::string yaml_value(const value& of) {
  if (const auto* text = std::get_if<std::string>(&of))
    return yaml_scalar(*text);
  if (const auto* items = std::get_if<std::vector<std::string>>(&of))
    return yaml_list(*items);
  return to_text(of);
}

std::string yaml_value_of(const row& setting, std::string_view text) {
  if (has_reference(text))
    return yaml_scalar(text);
  auto converted = convert(setting, text);
  return converted ? yaml_value(*converted) : yaml_scalar(text);
}

} // namespace mahavishnu::config
