// SPDX-License-Identifier: MIT
#include "config/mask.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::config {

namespace {

/// Replaces `password` in every `scheme://user:password@host` of a text.
std::string without_passwords(std::string_view text) {
  std::string safe{text};
  for (auto at = safe.find("://"); at != std::string::npos; at = safe.find("://", at)) {
    at += 3;
    auto end = safe.find_first_of("/?# \t\r\n,", at);
    auto authority = std::string_view{safe}.substr(at, end == std::string::npos ? end : end - at);
    // A password may hold an @ itself: the last one ends it.
    auto host = authority.rfind('@');
    auto password = authority.find(':');
    if (host == std::string_view::npos || password == std::string_view::npos || password > host)
      continue;
    safe.replace(at + password + 1, host - password - 1, mask_text);
  }
  return safe;
}

} // namespace

std::string masked(const row& setting, std::string_view text) {
  if (!setting.secret)
    return without_passwords(text);
  return std::string{text.empty() ? text : mask_text};
}

bool is_secret_assignment(std::string_view text) {
  constexpr auto telling = std::to_array<std::string_view>({"KEY", "TOKEN", "SECRET", "PASSWORD"});
  auto name = to_upper(text.substr(0, text.find('=')));
  return std::ranges::any_of(
      telling, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string masked_assignment(std::string_view text) {
  auto separator = text.find('=');
  if (!is_secret_assignment(text) || separator == std::string_view::npos ||
      separator + 1 == text.size())
    return std::string{text};
  return std::string{text.substr(0, separator + 1)} + std::string{mask_text};
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 80;
  constexpr std::string_view digits = "0123456789abcdef";
  auto shown = std::min(text.size(), longest);
  auto is_inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  const bool is_utf8 = !first_invalid_utf8(text);
  while (is_utf8 && shown > 0 && is_inside(shown))
    --shown;
  std::string safe;
  for (auto character : text.substr(0, shown)) {
    auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) {
      safe += "\\x";
      safe += digits[byte >> 4];
      safe += digits[byte & 15];
    } else {
      safe += character;
    }
  }
  return safe + (shown < text.size() ? "..." : "");
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

} // namespace mahavishnu::config
