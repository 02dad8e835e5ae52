// SPDX-License-Identifier: MIT
#include "base/shell_words.hpp"

namespace mahavishnu {

namespace {

constexpr std::string_view spaces = " \t\r\n\v\f";
constexpr std::string_view need_no_quotes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/";

error unclosed(std::string_view what, std::string_view fix) {
  return {errc::invalid_argument,
          "the command line ends within " + std::string{what} + "; " + std::string{fix}};
}

} // namespace

result<std::vector<std::string>> shell_words(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  auto add = [&](char c) { words.back() += c; };
  for (std::size_t at = 0; at < line.size(); ++at) {
    auto c = line[at];
    if (c == '\\' && at + 1 < line.size() && line[at + 1] == '\n') { // the line goes on
      ++at;
      continue;
    }
    if (!in_word) {
      if (spaces.find(c) != std::string_view::npos)
        continue;
      words.emplace_back();
      in_word = true;
    }
    if (spaces.find(c) != std::string_view::npos) {
      in_word = false;
    } else if (c == '\\') {
      if (++at == line.size())
        return unclosed("a backslash", "write \\\\ for a plain one");
      add(line[at]);
    } else if (c == '\'') {
      auto end = line.find('\'', at + 1);
      if (end == std::string_view::npos)
        return unclosed("single quotes", "close them, or write \\' for a plain one");
      words.back() += line.substr(at + 1, end - at - 1);
      at = end;
    } else if (c == '"') {
      for (++at; at < line.size() && line[at] != '"'; ++at) {
        constexpr std::string_view escapable = "\"\\$`";
        if (line[at] == '\\' && at + 1 < line.size() &&
            escapable.find(line[at + 1]) != std::string_view::npos)
          ++at;
        add(line[at]);
      }
      if (at == line.size())
        return unclosed("double quotes", "close them, or write \\\" for a plain one");
    } else {
      add(c);
    }
  }
  return words;
}

std::string shell_word(std::string_view text) {
  if (!text.empty() && text.find_first_not_of(need_no_quotes) == std::string_view::npos)
    return std::string{text};
  std::string word = "'";
  for (char each : text)
    if (each == '\'')
      word += "'\"'\"'";
    else
      word += each;
  return word + "'";
}

} // namespace mahavishnu
