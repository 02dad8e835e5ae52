// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace mahavishnu::store {

/// Finds what may be equal. What has the same hash is compared, so that nothing depends on it but
/// the time that takes.
class content_hash {
public:
  void add(std::string_view bytes) {
    for (unsigned char byte : bytes)
      value_ = (value_ ^ byte) * 0x100000001b3u;
    add(bytes.size());
  }
  template <std::integral Number>
  void add(Number number) {
    value_ = (value_ ^ static_cast<std::uint64_t>(number)) * 0x9e3779b97f4a7c15u;
    value_ ^= value_ >> 32;
  }
  std::int64_t value() const { return static_cast<std::int64_t>(value_); }

private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

} // namespace mahavishnu::store
