// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mahavishnu {

namespace detail {

inline constexpr auto checksum_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
    table[i] = value;
  }
  return table;
}();

} // namespace detail

/// CRC-32 as of zlib and Ethernet, of several pieces one after the other.
class checksum {
public:
  void add(std::string_view bytes) {
    for (char c : bytes)
      value_ = detail::checksum_table[(value_ ^ static_cast<unsigned char>(c)) & 0xFF] ^ value_ >> 8;
  }
  std::uint32_t value() const { return ~value_; }

  static std::uint32_t of(std::string_view bytes) {
    checksum sum;
    sum.add(bytes);
    return sum.value();
  }

private:
  std::uint32_t value_ = ~0u;
};

} // namespace mahavishnu
