// SPDX-License-Identifier: MIT
#include "auth/base64url.hpp"

#include <array>
#include <cstdint>

namespace mahavishnu::auth {

namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto values = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < letters.size(); ++i)
    table[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
  return table;
}();

} // namespace

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t waiting = 0;
  int bits = 0;
  for (char each : bytes) {
    waiting = waiting << 8 | static_cast<unsigned char>(each);
    for (bits += 8; bits >= 6; bits -= 6)
      text += letters[waiting >> (bits - 6) & 63];
  }
  if (bits > 0)
    text += letters[waiting << (6 - bits) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1)
    return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t waiting = 0;
  int bits = 0;
  for (char each : text) {
    auto value = values[static_cast<unsigned char>(each)];
    if (value < 0)
      return std::nullopt;
    waiting = (waiting << 6 | static_cast<std::uint32_t>(value)) & 0xFFFF;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(waiting >> bits & 0xFF);
    }
  }
  // What is left belongs to no byte and has to be zero.
  if ((waiting & ((1u << bits) - 1)) != 0)
    return std::nullopt;
  return bytes;
}

} // namespace mahavishnu::auth
