// SPDX-License-Identifier: MIT
#include "cli/columns.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace mahavishnu::cli {

namespace {

constexpr std::string_view left_out = "..";

struct character {
  wchar_t code = 0;
  std::size_t bytes = 1;
};

character first_of(std::string_view text) {
  auto byte = [&](std::size_t i) {
    return static_cast<wchar_t>(i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  };
  auto lead = byte(0);
  auto more = [&](std::size_t i) { return byte(i) & 0x3F; };
  if (lead < 0x80)
    return {lead, 1};
  if (lead < 0xE0)
    return {(lead & 0x1F) << 6 | more(1), std::min<std::size_t>(2, text.size())};
  if (lead < 0xF0)
    return {(lead & 0x0F) << 12 | more(1) << 6 | more(2), std::min<std::size_t>(3, text.size())};
  return {(lead & 0x07) << 18 | more(1) << 12 | more(2) << 6 | more(3),
          std::min<std::size_t>(4, text.size())};
}

/// What the C library knows of Unicode, whatever the environment says of locales.
std::size_t columns_of(wchar_t code) {
  if (code < 0x80)
    return 1;
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (unicode == nullptr)
    return 1;
  auto before = uselocale(unicode);
  auto width = wcwidth(code);
  uselocale(before);
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

/// The first bytes that take no more columns than that, with what joins the last of them.
std::size_t bytes_within(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size();) {
    auto next = first_of(text.substr(end));
    taken += columns_of(next.code);
    if (taken > columns)
      break;
    end += next.bytes;
  }
  return end;
}

} // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    auto next = first_of(text);
    columns += columns_of(next.code);
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string_view behind(std::string_view text, std::size_t columns) {
  for (std::size_t taken = 0; !text.empty();) {
    auto next = first_of(text);
    auto width = columns_of(next.code);
    if (taken >= columns && width > 0)
      break;
    taken += width;
    text.remove_prefix(next.bytes);
  }
  return text;
}

std::string_view within(std::string_view text, std::size_t columns) {
  return text.substr(0, bytes_within(text, columns));
}

std::string cut_end(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns)
    return std::string{text};
  if (columns <= left_out.size())
    return std::string{within(text, columns)};
  return std::string{within(text, columns - left_out.size())}.append(left_out);
}

std::string cut_front(std::string_view text, std::size_t columns) {
  auto whole = columns_of(text);
  if (whole <= columns)
    return std::string{text};
  if (columns <= left_out.size())
    return std::string{behind(text, whole - columns)};
  return std::string{left_out}.append(behind(text, whole - (columns - left_out.size())));
}

std::string padded(std::string text, std::size_t columns, bool to_the_right) {
  auto taken = columns_of(text);
  if (taken >= columns)
    return text;
  text.insert(to_the_right ? 0 : text.size(), columns - taken, ' ');
  return text;
}

std::string in_ascii(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    auto next = first_of(text);
    if (next.code < 0x80)
      plain += text.front();
    else
      plain.append(columns_of(next.code), '?');
    text.remove_prefix(next.bytes);
  }
  return plain;
}

} // namespace mahavishnu::cli
