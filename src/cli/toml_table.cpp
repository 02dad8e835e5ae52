// SPDX-License-Identifier: MIT
#include "cli/toml_table.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

namespace mahavishnu::cli {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

using dotted_key = std::vector<std::string>;

/// Reads a file, statement by statement, without a look at what the values mean.
class toml_scanner {
public:
  explicit toml_scanner(std::string_view text) : text_(text) {}

  struct statement {
    /// Of a table, or of a value in the table before it.
    dotted_key key;
    bool is_table = false;
    /// Of the line that it begins on.
    std::size_t begin = 0;
  };

  /// Nothing at the end, and when something is wrong.
  std::optional<statement> next() {
    for (;;) {
      auto begin = at_;
      skip_blanks();
      if (at_ == text_.size())
        return std::nullopt;
      if (peek() == '\n' || peek() == '#') {
        if (!end_line())
          return std::nullopt;
        continue;
      }
      statement found;
      found.begin = begin;
      found.is_table = peek() == '[';
      if (!(found.is_table ? read_header(found.key) : read_assignment(found.key)) || !end_line())
        return std::nullopt;
      return found;
    }
  }

  bool has_failed() const { return has_failed_; }
  std::size_t line() const {
    return 1 + static_cast<std::size_t>(std::count(
                   text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  }

private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool fail() {
    has_failed_ = true;
    return false;
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what))
      return false;
    at_ += what.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
  }
  void skip_comment() {
    if (peek() == '#')
      at_ = std::min(text_.find('\n', at_), text_.size());
  }
  /// Blanks, comments and line breaks, as they may stand in an array.
  void skip_lines() {
    do {
      skip_blanks();
      skip_comment();
    } while (take("\n"));
  }
  bool end_line() {
    skip_blanks();
    skip_comment();
    return at_ == text_.size() || take("\n") || fail();
  }

  bool read_header(dotted_key& key) {
    auto is_list = take("[[");
    if (!is_list)
      take("[");
    if (!read_key(key))
      return false;
    return take(is_list ? "]]" : "]") || fail();
  }

  bool read_assignment(dotted_key& key) {
    if (!read_key(key))
      return false;
    if (!take("="))
      return fail();
    return read_value(0);
  }

  bool read_key(dotted_key& key) {
    do {
      skip_blanks();
      auto begin = at_;
      if (peek() == '"' || peek() == '\'') {
        if (!read_line_string(peek()))
          return false;
        // An escape in the name of a table is nobody's habit.
        key.emplace_back(text_.substr(begin + 1, at_ - begin - 2));
      } else {
        while (is_bare(peek()))
          ++at_;
        if (begin == at_)
          return fail();
        key.emplace_back(text_.substr(begin, at_ - begin));
      }
      skip_blanks();
    } while (take("."));
    return true;
  }

  bool read_line_string(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return true;
      }
      if (quote == '"' && text_[at_] == '\\')
        ++at_;
    }
    return fail();
  }

  bool read_long_string(std::string_view quotes) {
    for (; at_ < text_.size(); ++at_) {
      if (take(quotes)) {
        take(quotes.substr(0, 1)); // up to two quotes may stand before the end
        take(quotes.substr(0, 1));
        return true;
      }
      if (quotes.front() == '"' && text_[at_] == '\\')
        ++at_;
    }
    return fail();
  }

  bool read_value(std::size_t depth) {
    constexpr std::size_t deepest = 64;
    skip_blanks();
    if (depth > deepest)
      return fail();
    if (take(R"(""")"))
      return read_long_string(R"(""")");
    if (take("'''"))
      return read_long_string("'''");
    if (peek() == '"' || peek() == '\'')
      return read_line_string(peek());
    if (take("["))
      return read_array(depth);
    if (take("{"))
      return read_inline_table(depth);
    auto begin = at_; // a number, a date or a word
    while (is_bare(peek()) || peek() == '+' || peek() == '.' || peek() == ':')
      ++at_;
    return begin != at_ || fail();
  }

  bool read_array(std::size_t depth) {
    for (;;) {
      skip_lines();
      if (take("]"))
        return true;
      if (!read_value(depth + 1))
        return false;
      skip_lines();
      if (take(","))
        continue;
      return take("]") || fail();
    }
  }

  bool read_inline_table(std::size_t depth) {
    for (;;) {
      skip_lines();
      if (take("}"))
        return true;
      dotted_key ignored;
      if (!read_key(ignored))
        return false;
      if (!take("="))
        return fail();
      if (!read_value(depth + 1))
        return false;
      skip_lines();
      if (take(","))
        continue;
      return take("}") || fail();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool has_failed_ = false;
};

bool begins_with(const dotted_key& key, const dotted_key& prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

} // namespace

result<std::string> with_toml_table(std::string_view file, std::string_view group,
                                    std::string_view name, std::string_view table) {
  dotted_key ours{std::string{group}, std::string{name}};
  toml_scanner scanner{file};
  dotted_key inside;
  std::vector<std::pair<std::size_t, std::size_t>> pieces; // of ours, from and to
  auto is_ours = false;
  while (auto found = scanner.next()) {
    if (found->is_table) {
      if (is_ours)
        pieces.back().second = found->begin;
      inside = found->key;
      is_ours = begins_with(inside, ours);
      if (is_ours)
        pieces.emplace_back(found->begin, file.size());
      continue;
    }
    auto whole = inside;
    whole.insert(whole.end(), found->key.begin(), found->key.end());
    if (!is_ours && (begins_with(whole, ours) || whole == dotted_key{ours.front()}))
      return error{errc::invalid_argument,
                   "it has '" + ours.front() +
                       "' as a value and not as tables, which this command does not change"};
  }
  if (scanner.has_failed())
    return error{errc::invalid_argument,
                 "it is no TOML that can be read: line " + std::to_string(scanner.line())};
  std::string text;
  std::size_t from = 0;
  auto is_placed = false;
  for (const auto& [begin, end] : pieces) {
    text.append(file.substr(from, begin - from));
    // What stands between our last value and the next table is a comment on that, or nothing.
    auto rest = file.substr(begin, end - begin);
    auto kept = rest.size();
    while (kept > 0) {
      auto line = rest.substr(0, kept - 1).rfind('\n');
      auto start = line == std::string_view::npos ? 0 : line + 1;
      auto first = rest.find_first_not_of(" \t\r", start);
      if (first >= kept || (rest[first] != '#' && rest[first] != '\n'))
        break;
      kept = start;
    }
    if (!std::exchange(is_placed, true))
      text.append(table);
    text.append(rest.substr(kept));
    from = end;
  }
  text.append(file.substr(from));
  if (is_placed)
    return text;
  if (!text.empty())
    text.append(text.ends_with('\n') ? "\n" : "\n\n");
  return text.append(table);
}

std::string toml_string(std::string_view text) {
  std::string quoted_text{"\""};
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted_text += '\\';
      quoted_text += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      quoted_text += escape;
    } else {
      quoted_text += c;
    }
  }
  return quoted_text + '"';
}

} // namespace mahavishnu::cli
