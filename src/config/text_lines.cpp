// SPDX-License-Identifier: MIT
#include "config/text_lines.hpp"

#include <algorithm>

namespace mahavishnu::config {

text_lines::text_lines(std::string_view text)
    : text_{text}, newline_{text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n"} {
  for (std::size_t at = 0; at < text.size();) {
    starts_.push_back(at);
    auto end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
}

std::string_view text_lines::line(int number) const {
  auto start = starts_[static_cast<std::size_t>(number - 1)];
  auto content = text_.substr(start, end_of(number) - start);
  return content.substr(0, content.find_last_not_of("\r\n") + 1);
}

std::size_t text_lines::end_of(int number) const {
  auto next = static_cast<std::size_t>(number);
  return next < starts_.size() ? starts_[next] : text_.size();
}

int text_lines::line_of(std::size_t offset) const {
  return static_cast<int>(std::ranges::upper_bound(starts_, offset) - starts_.begin());
}

std::optional<int> text_lines::find_commented(std::string_view name, int first,
                                              bool is_in_group) const {
  for (int number = first; number <= count(); ++number) {
    auto content = line(number);
    auto indent = indentation(content);
    if (is_in_group && indent == 0 && !is_blank_or_comment(content))
      return std::nullopt;
    auto rest = content.substr(indent);
    if ((indent > 0) != is_in_group || !rest.starts_with("# "))
      continue;
    rest.remove_prefix(2);
    if (rest.starts_with(name) && rest.substr(name.size()).starts_with(':'))
      return number;
  }
  return std::nullopt;
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_blank_or_comment(std::string_view line) {
  auto first = line.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || line[first] == '#';
}

} // namespace mahavishnu::config
