// SPDX-License-Identifier: MIT
#pragma once

/// What somebody types: characters, and keys that stand for none.
namespace mahavishnu::cli::top {

using key = char32_t;

namespace keys {
inline constexpr key tab = '\t', enter = '\n', escape = 0x1B, space = ' ';
/// Behind all characters.
inline constexpr key up = 0x110000, down = 0x110001, left = 0x110002, right = 0x110003,
                     page_up = 0x110004, page_down = 0x110005, home = 0x110006, end = 0x110007,
                     back_tab = 0x110008, backspace = 0x110009, other = 0x11000A;
} // namespace keys

constexpr bool is_character(key which) {
  return which >= 0x20 && which != 0x7F && which < 0x110000;
}

} // namespace mahavishnu::cli::top
