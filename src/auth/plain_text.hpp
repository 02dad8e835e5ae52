// SPDX-License-Identifier: MIT
#pragma once

#include "base/text.hpp"

#include <algorithm>
#include <string_view>

namespace mahavishnu::auth {

/// What names users, audiences and the like: text that can go into a log line.
inline bool is_plain_text(std::string_view text) {
  constexpr std::size_t longest = 1024;
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return text.size() <= longest && std::ranges::none_of(text, is_control) &&
         !first_invalid_utf8(text);
}

} // namespace mahavishnu::auth
