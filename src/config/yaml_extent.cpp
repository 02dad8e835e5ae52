// SPDX-License-Identifier: MIT
#include "config/yaml_extent.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::config {

namespace {

/// Just after the closing quote.
std::optional<std::size_t> end_of_quotes(std::string_view text, std::size_t start) {
  const char quote = text[start];
  for (auto at = start + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\')
      ++at;
    else if (text[at] == quote && quote == '\'' && text.substr(at + 1).starts_with('\''))
      ++at;
    else if (text[at] == quote)
      return at + 1;
  }
  return std::nullopt;
}

/// Just after the bracket that closes the one at `start`. A comment inside could hold anything.
std::optional<std::size_t> end_of_brackets(std::string_view text, std::size_t start) {
  int depth = 0;
  for (auto at = start; at < text.size();) {
    const char c = text[at];
    if (c == '#')
      return std::nullopt;
    if (c == '"' || c == '\'') {
      auto end = end_of_quotes(text, at);
      if (!end)
        return std::nullopt;
      at = *end;
      continue;
    }
    if (c == '[' || c == '{')
      ++depth;
    if ((c == ']' || c == '}') && --depth == 0)
      return at + 1;
    ++at;
  }
  return std::nullopt;
}

} // namespace

std::optional<std::size_t> end_of_value(std::string_view text, const yaml_node& node) {
  auto start = node.at.offset;
  if (node.is_alias || start >= text.size())
    return std::nullopt;
  if (node.kind == node_kind::sequence || node.kind == node_kind::map)
    return text[start] == '[' || text[start] == '{' ? end_of_brackets(text, start) : std::nullopt;
  if (text[start] == '"' || text[start] == '\'')
    return end_of_quotes(text, start);
  // Without quotes a text stands in the file as it is, unless it goes over several lines.
  if (text.substr(start).starts_with(node.text))
    return start + node.text.size();
  return std::nullopt;
}

std::optional<std::size_t> end_of_key(std::string_view text, std::size_t key_start) {
  auto at = key_start;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    auto end = end_of_quotes(text, at);
    if (!end)
      return std::nullopt;
    at = *end;
  }
  auto colon = text.find_first_of(":\n", at);
  if (colon == std::string_view::npos || text[colon] != ':')
    return std::nullopt;
  return colon + 1;
}

std::size_t end_of_null(std::string_view text, std::size_t from) {
  constexpr auto words = std::to_array<std::string_view>({"~", "null", "Null", "NULL"});
  auto start = std::min(text.find_first_not_of(' ', from), text.size());
  for (auto word : words)
    if (text.substr(start).starts_with(word))
      return start + word.size();
  return from;
}

int last_line_of(const text_lines& lines, const yaml_entry& entry) {
  auto last = entry.key_at.line;
  auto own = static_cast<std::size_t>(entry.key_at.column - 1);
  for (auto number = last + 1; number <= lines.count(); ++number) {
    auto line = lines.line(number);
    if (is_blank_or_comment(line))
      continue;
    auto indent = indentation(line);
    // The dashes of a list may stand as far left as its key.
    auto is_item = indent == own && line.substr(indent).starts_with('-');
    if (indent <= own && !is_item)
      break;
    last = number;
  }
  return last;
}

} // namespace mahavishnu::config
