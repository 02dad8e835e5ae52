// SPDX-License-Identifier: MIT
#include "cli/each/job_template.hpp"

#include "base/shell_words.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mahavishnu::cli::each {

void shell_position::read(std::string_view text) {
  for (char each : text)
    read(each);
}

void shell_position::read(char each) {
  auto before = inside_.back();
  if (before == place::single_quotes || before == place::comment) {
    if (each == (before == place::comment ? '\n' : '\''))
      inside_.pop_back();
    is_word_ = before == place::single_quotes;
    return;
  }
  if (is_escaped_) {
    is_escaped_ = false;
    return;
  }
  auto was_dollar = std::exchange(is_dollar_, each == '$');
  auto was_word = std::exchange(is_word_, std::string_view{" \t\n;&|()<>"}.find(each) ==
                                              std::string_view::npos);
  if (each == '\\') {
    is_escaped_ = true;
  } else if (each == '`') {
    if (before == place::back_quotes)
      inside_.pop_back();
    else
      inside_.push_back(place::back_quotes);
  } else if (before == place::back_quotes) {
    return; // words in there lose their quotes, wherever they stand
  } else if (each == '"') {
    if (before == place::double_quotes)
      inside_.pop_back();
    else
      inside_.push_back(place::double_quotes);
  } else if (each == '(' && was_dollar) { // everything begins anew
    inside_.push_back(place::plain);
    parentheses_.push_back(0);
  } else if (before == place::double_quotes) {
    return;
  } else if (each == '\'') {
    inside_.push_back(place::single_quotes);
  } else if (each == '#' && !was_word) {
    inside_.push_back(place::comment);
  } else if (each == '(') {
    ++parentheses_.back();
  } else if (each == ')' && parentheses_.back() > 0) {
    --parentheses_.back();
  } else if (each == ')' && parentheses_.size() > 1) {
    parentheses_.pop_back();
    inside_.pop_back();
  }
}

job_template job_template::of(std::string_view text, std::string_view mark) {
  job_template made;
  made.add(text, mark, false);
  return made;
}

job_template job_template::of_quoted(const std::vector<std::string>& words, std::string_view mark) {
  job_template made;
  for (const auto& each : words) {
    if (!made.pieces_.empty())
      made.add_literal(" ");
    if (each.empty())
      made.add_literal("''");
    made.add(each, mark, true);
  }
  return made;
}

job_template job_template::of_command(const std::vector<std::string>& words, bool quoted,
                                      std::string_view mark) {
  if (words.empty()) { // each line is a command
    job_template whole;
    whole.pieces_.push_back({what::argument, {}, part_of_path::whole, 0});
    return whole;
  }
  std::string text;
  for (const auto& each : words)
    text.append(text.empty() ? "" : " ").append(each);
  auto made = quoted ? of_quoted(words, mark) : of(text, mark);
  if (!made.has_replacements()) {
    made.add_literal(" ");
    made.add(mark, mark, false);
  }
  return made;
}

bool job_template::read_replacement(std::string_view inside, piece& into) {
  into.kind = what::argument;
  if (inside == "#" || inside == "%") {
    into.kind = inside == "#" ? what::number : what::slot;
    return true;
  }
  const auto* end = inside.data() + inside.size();
  auto [rest, failure] = std::from_chars(inside.data(), end, into.position);
  if (failure == std::errc::invalid_argument)
    into.position = 0;
  else if (failure != std::errc{} || into.position == 0)
    return false;
  std::string_view suffix{rest, static_cast<std::size_t>(end - rest)};
  if (suffix.empty())
    into.part = part_of_path::whole;
  else if (suffix == ".")
    into.part = part_of_path::no_extension;
  else if (suffix == "/")
    into.part = part_of_path::name;
  else if (suffix == "//")
    into.part = part_of_path::directory;
  else if (suffix == "/.")
    into.part = part_of_path::bare_name;
  else
    return false;
  return true;
}

void job_template::add(std::string_view text, std::string_view mark, bool quote_literals) {
  shell_position shell;
  auto literal = [&](std::string_view part) {
    if (!part.empty())
      add_literal(quote_literals ? shell_word(part) : std::string{part});
    if (!quote_literals)
      shell.read(part);
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    piece found;
    std::size_t length = 0;
    if (text.substr(at).starts_with(mark)) {
      found.kind = what::argument;
      length = mark.size();
    } else if (auto close = text.find('}', at);
               text[at] == '{' && close != std::string_view::npos && close > at + 1 &&
               read_replacement(text.substr(at + 1, close - at - 1), found)) {
      length = close + 1 - at;
    }
    if (length == 0) {
      ++at;
      continue;
    }
    literal(text.substr(begin, at - begin));
    has_replacements_ = true;
    uses_slots_ = uses_slots_ || found.kind == what::slot;
    if (found.kind == what::argument && misplaced_.empty() && !shell.takes_words())
      misplaced_ = text.substr(at, length);
    shell.read("x"); // it is something, whatever it is
    pieces_.push_back(std::move(found));
    at += length;
    begin = at;
  }
  literal(text.substr(begin));
}

void job_template::add_literal(std::string_view text) {
  if (pieces_.empty() || pieces_.back().kind != what::literal)
    pieces_.emplace_back();
  pieces_.back().literal += text;
}

std::string job_template::part_of(const std::string& value, part_of_path part) {
  auto slash = value.rfind('/');
  auto name_at = slash == std::string::npos ? 0 : slash + 1;
  auto dot = value.rfind('.');
  auto bare_end = dot == std::string::npos || dot < name_at ? value.size() : dot;
  switch (part) {
  case part_of_path::whole: break;
  case part_of_path::no_extension: return value.substr(0, bare_end);
  case part_of_path::name: return value.substr(name_at);
  case part_of_path::bare_name: return value.substr(name_at, bare_end - name_at);
  case part_of_path::directory:
    if (slash == std::string::npos)
      return ".";
    return slash == 0 ? "/" : value.substr(0, slash);
  }
  return value;
}

std::string job_template::fill(const job_values& values, bool quoted) const {
  std::string text;
  auto add_value = [&](const piece& each, const std::string& value) {
    auto part = part_of(value, each.part);
    text += quoted && has_replacements_ ? shell_word(part) : part;
  };
  const auto& all = values.arguments;
  auto count = static_cast<int>(all.size());
  for (const auto& each : pieces_) {
    switch (each.kind) {
    case what::literal: text += each.literal; break;
    case what::number: text += std::to_string(values.seq); break;
    case what::slot: text += std::to_string(values.slot); break;
    case what::argument:
      if (each.position == 0) {
        for (std::size_t i = 0; i < all.size(); ++i) {
          text += i == 0 ? "" : " ";
          add_value(each, all[i]);
        }
      } else if (auto index = each.position > 0 ? each.position - 1 : count + each.position;
                 index >= 0 && index < count) {
        add_value(each, all[static_cast<std::size_t>(index)]);
      }
    }
  }
  return text;
}

} // namespace mahavishnu::cli::each
