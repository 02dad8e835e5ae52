// SPDX-License-Identifier: MIT
#include "exec/utf8.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace mahavishnu::exec {

utf8_text to_utf8(std::string_view bytes) {
  utf8_text valid;
  valid.text.reserve(bytes.size());
  while (auto wrong = first_invalid_utf8(bytes)) {
    valid.changed = true;
    valid.text += bytes.substr(0, *wrong);
    valid.text += "\xEF\xBF\xBD";
    bytes.remove_prefix(*wrong + 1);
  }
  valid.text += bytes;
  return valid;
}

std::size_t unfinished_utf8(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    auto lead = static_cast<std::uint8_t>(bytes[bytes.size() - back]);
    if ((lead & 0xC0) == 0x80)
      continue;
    std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length <= back)
      return 0;
    // It may go on if there is a way to finish it: what may come next is bounded at one end only.
    std::string start{bytes.substr(bytes.size() - back)};
    for (char next : {'\x80', '\xBF'}) {
      auto whole = start + next;
      whole.resize(length, '\x80');
      if (!first_invalid_utf8(whole))
        return back;
    }
    return 0;
  }
  return 0;
}

} // namespace mahavishnu::exec
