// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mahavishnu::wire {

/// Reads CAF's binary format without trusting it: nothing is copied, a short or odd input gives
/// nothing, and lengths must be written in their shortest form, as CAF itself writes them.
class byte_reader {
public:
  explicit byte_reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

  /// A big-endian unsigned number.
  template <class T>
  std::optional<T> number() {
    const auto bytes = take(sizeof(T));
    if (!bytes)
      return std::nullopt;
    T value = 0;
    for (const auto byte : *bytes)
      value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | std::to_integer<T>(byte));
    return value;
  }

  /// A length in groups of seven bits, the lowest first.
  std::optional<std::uint32_t> length() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const auto byte = number<std::uint8_t>();
      if (!byte || (*byte == 0 && shift != 0))
        return std::nullopt;
      value |= static_cast<std::uint64_t>(*byte & 0x7F) << shift;
      if ((*byte & 0x80) == 0)
        return value <= UINT32_MAX ? std::optional{static_cast<std::uint32_t>(value)}
                                   : std::nullopt;
    }
    return std::nullopt;
  }

  /// A text of at most `limit` bytes behind its length.
  std::optional<std::string_view> text(std::size_t limit) {
    const auto size = length();
    if (!size || *size > limit)
      return std::nullopt;
    const auto bytes = take(*size);
    if (!bytes)
      return std::nullopt;
    return std::string_view{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
  }

  std::optional<std::span<const std::byte>> take(std::size_t count) {
    if (count > rest_.size())
      return std::nullopt;
    const auto front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }

private:
  std::span<const std::byte> rest_;
};

} // namespace mahavishnu::wire
