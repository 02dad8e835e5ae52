// SPDX-License-Identifier: MIT
#pragma once

#include "base/checksum.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>

namespace mahavishnu::store {

/// The checksum of a row, over all of its fields in order.
class field_sum {
public:
  template <class... Field>
  static std::uint32_t of(const Field&... fields) {
    field_sum sum;
    (sum.add(fields), ...);
    return sum.sum_.value();
  }

private:
  template <std::integral Number>
  void add(Number value) {
    char bytes[sizeof(Number)];
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i & 0xFF);
    sum_.add({bytes, sizeof(Number)});
  }
  void add(std::string_view text) {
    add(static_cast<std::uint32_t>(text.size()));
    sum_.add(text);
  }

  checksum sum_;
};

} // namespace mahavishnu::store
