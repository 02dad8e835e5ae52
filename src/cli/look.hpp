// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mahavishnu::cli {

/// How text for people may look where it goes.
struct look {
  /// Columns of the terminal; 0 where it is none and nothing has to be cut.
  std::size_t width = 0;
  bool colour = false;
  /// Tables show their rarer columns, too.
  bool wide = false;
};

using environment_of = std::function<const char*(const char*)>;

/// Of a terminal of so many columns, 0 when it is none. Colour is for terminals that can, and for
/// users who have not set NO_COLOR.
look look_of(std::size_t terminal_width, const environment_of& environment);

/// Columns of the terminal behind a descriptor; 0 when there is none.
std::size_t terminal_width_of(int descriptor);

/// Columns that a text takes.
std::size_t width_of(std::string_view text);

/// As much of a text as fits into so many columns, with `...` at its end when something is cut.
std::string fit(std::string_view text, std::size_t width);

/// One line that cannot move the cursor of a terminal: control characters and the escape sequences
/// that they begin become spaces, bytes that are no UTF-8 become U+FFFD.
std::string harmless(std::string_view text);

/// The same of a text of several lines.
std::string harmless_lines(std::string_view text);

enum class tint { none, good, bad, busy, faint };

/// What a word like `healthy`, `failed` or `running` is shown in.
tint tint_of(std::string_view word);

/// A text in its colour, where there is colour.
std::string tinted(std::string_view text, tint how, const look& where);

} // namespace mahavishnu::cli
