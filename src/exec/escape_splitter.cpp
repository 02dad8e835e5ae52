// SPDX-License-Identifier: MIT
#include "exec/escape_splitter.hpp"

#include "exec/utf8.hpp"

#include <algorithm>

namespace mahavishnu::exec {

namespace {

constexpr auto none = std::string_view::npos;
constexpr char escape = '\x1b';

struct found_piece {
  escape_splitter::kind what = escape_splitter::kind::other;
  /// 0: it is not whole yet.
  std::size_t size = 0;
};

/// Up to the first byte, from `from` on, that is between the two.
std::size_t size_to(std::string_view bytes, std::size_t from, char first, char last) {
  for (auto i = from; i < bytes.size(); ++i) {
    if (bytes[i] == escape || bytes[i] == '\x18' || bytes[i] == '\x1a')
      return i; // these end any sequence and are not part of it
    if (bytes[i] >= first && bytes[i] <= last)
      return i + 1;
  }
  return 0;
}

std::size_t size_of_string(std::string_view bytes) {
  auto end = bytes.find_first_of("\x07\x18\x1a\x1b", 2);
  if (end == none || (bytes[end] == escape && end + 1 == bytes.size()))
    return 0;
  if (bytes[end] != escape)
    return end + 1;
  return bytes[end + 1] == '\\' ? end + 2 : end;
}

found_piece first_piece(std::string_view bytes) {
  using enum escape_splitter::kind;
  if (bytes[0] != escape) {
    auto end = bytes.find(escape);
    return {text, end != none ? end : bytes.size() - unfinished_utf8(bytes)};
  }
  if (bytes.size() == 1)
    return {};
  switch (bytes[1]) {
  case '[': return {control_sequence, size_to(bytes, 2, '\x40', '\x7e')};
  case ']':
  case 'P':
  case 'X':
  case '^':
  case '_': return {other, size_of_string(bytes)};
  case escape: return {other, 1};
  default: return {other, size_to(bytes, 1, '\x30', '\x7e')};
  }
}

} // namespace

void escape_splitter::feed(std::string_view bytes, const receiver& piece) {
  unfinished_ += bytes;
  std::string_view rest = unfinished_;
  while (!rest.empty()) {
    auto [what, size] = first_piece(rest);
    if (size == 0) {
      if (rest.size() <= longest)
        break;
      // To pass on a half control sequence would let its end come alone.
      if (what == kind::other)
        piece(what, rest);
      size = rest.size();
    } else {
      piece(what, rest.substr(0, size));
    }
    rest.remove_prefix(size);
  }
  unfinished_.erase(0, unfinished_.size() - rest.size());
}

} // namespace mahavishnu::exec
