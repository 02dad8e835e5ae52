// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::config {

/// A text seen as lines; the first is 1, as in messages.
class text_lines {
public:
  explicit text_lines(std::string_view text);

  /// Lines that hold something: a newline at the very end does not begin another one.
  int count() const { return static_cast<int>(starts_.size()); }
  std::string_view line(int number) const;
  /// Where the next line begins, or the text ends.
  std::size_t end_of(int number) const;
  int line_of(std::size_t offset) const;
  /// How lines of this text end.
  std::string newline() const { return newline_; }

  /// The line below `first` that explains a key by an example, as `# name: value`. Inside of a
  /// group the example is indented, and the search ends with the group.
  std::optional<int> find_commented(std::string_view name, int first, bool is_in_group) const;

private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::string newline_;
};

/// Spaces at the start of a line.
std::size_t indentation(std::string_view line);

/// True for a line with nothing, or nothing but a comment.
bool is_blank_or_comment(std::string_view line);

} // namespace mahavishnu::config
