// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// `mahavishnu each`, which reads commands and arguments as GNU parallel does.
namespace mahavishnu::cli::each {

/// Where a shell stands that reads a text which comes in pieces: whether a word in quotes, put
/// there next, is that word and nothing else.
class shell_position {
public:
  void read(std::string_view text);
  bool takes_words() const { return inside_.back() == place::plain && !is_escaped_ && !is_dollar_; }

private:
  enum class place { plain, single_quotes, double_quotes, back_quotes, comment };

  void read(char each);

  std::vector<place> inside_{place::plain}; // the innermost one last
  std::vector<std::size_t> parentheses_{0}; // open ones, of each plain place
  bool is_escaped_ = false;
  bool is_dollar_ = false;
  bool is_word_ = false;
};

/// What replacement strings are replaced by.
struct job_values {
  std::uint64_t seq = 1;
  std::uint64_t slot = 1;
  std::vector<std::string> arguments;
};

/// A text with replacement strings: `{}`, `{.}`, `{/}`, `{//}`, `{/.}`, the same with the number of
/// an argument (`{2}`, `{-1/.}`), `{#}` and `{%}`.
class job_template {
public:
  /// What stands for `{}`; another text with -I.
  static constexpr std::string_view usual_mark = "{}";

  static job_template of(std::string_view text, std::string_view mark = usual_mark);

  /// Words of which each stays one: with --quote.
  static job_template of_quoted(const std::vector<std::string>& words,
                                std::string_view mark = usual_mark);

  /// A command as it was given: without a replacement string, the arguments come behind it.
  static job_template of_command(const std::vector<std::string>& words, bool quoted,
                                 std::string_view mark = usual_mark);

  bool has_replacements() const { return has_replacements_; }
  bool uses_slots() const { return uses_slots_; }
  /// An argument stands where the shell would not take it for a word: its replacement string.
  const std::string& misplaced() const { return misplaced_; }

  /// A command line, in which every argument is a word.
  std::string command_line(const job_values& values) const { return fill(values, true); }
  /// The same with the arguments as they are.
  std::string text(const job_values& values) const { return fill(values, false); }

private:
  enum class what { literal, argument, number, slot };
  enum class part_of_path { whole, no_extension, name, directory, bare_name };
  struct piece {
    what kind = what::literal;
    std::string literal;
    part_of_path part = part_of_path::whole;
    /// 1 for the first, -1 for the last; 0: all of them.
    int position = 0;
  };

  static bool read_replacement(std::string_view inside, piece& into);
  static std::string part_of(const std::string& value, part_of_path part);
  void add(std::string_view text, std::string_view mark, bool quote_literals);
  void add_literal(std::string_view text);
  std::string fill(const job_values& values, bool quoted) const;

  std::vector<piece> pieces_;
  bool has_replacements_ = false;
  bool uses_slots_ = false;
  std::string misplaced_;
};

} // namespace mahavishnu::cli::each
