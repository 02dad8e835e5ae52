// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

struct utf8_text {
  std::string text;
  /// Whether a byte had to be replaced.
  bool changed = false;
};

/// Valid UTF-8 out of any bytes: each byte that is not part of a well-formed sequence becomes one
/// U+FFFD. So what is wrong never hides what is right beside it, and a text three times as long is
/// the worst that comes of it.
utf8_text to_utf8(std::string_view bytes);

/// How many bytes at the end may be the start of a character whose rest has not come yet: 0 to 3.
std::size_t unfinished_utf8(std::string_view bytes);

} // namespace mahavishnu::exec
