// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mahavishnu {

namespace detail {

/// What a byte does to the checksum, and what it does when so many bytes come behind it.
inline constexpr auto checksum_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
    tables[0][i] = value;
  }
  for (std::size_t behind = 1; behind < tables.size(); ++behind)
    for (std::size_t i = 0; i < 256; ++i) {
      auto value = tables[behind - 1][i];
      tables[behind][i] = tables[0][value & 0xFF] ^ value >> 8;
    }
  return tables;
}();

} // namespace detail

/// CRC-32 as of zlib and Ethernet, of several pieces one after the other.
class checksum {
public:
  void add(std::string_view bytes) {
    const auto& tables = detail::checksum_tables;
    // Eight at once: one after the other, each would wait for the one before it.
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      auto at = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
      value_ = tables[7][at(0) ^ (value_ & 0xFF)] ^ tables[6][at(1) ^ (value_ >> 8 & 0xFF)] ^
               tables[5][at(2) ^ (value_ >> 16 & 0xFF)] ^ tables[4][at(3) ^ value_ >> 24] ^
               tables[3][at(4)] ^ tables[2][at(5)] ^ tables[1][at(6)] ^ tables[0][at(7)];
    }
    for (char c : bytes)
      value_ = tables[0][(value_ ^ static_cast<unsigned char>(c)) & 0xFF] ^ value_ >> 8;
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
