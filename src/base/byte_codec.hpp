// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace mahavishnu {

/// Puts numbers (little-endian) and strings (their length first) behind each other.
class byte_writer {
public:
  template <std::integral Number>
  void put(Number value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      bytes_ += static_cast<char>(bits >> 8 * i & 0xFF);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }

  /// What is put between these two is one string; the second gets what the first gave.
  std::size_t begin_text() {
    auto at = bytes_.size();
    bytes_.append(sizeof(std::uint32_t), '\0');
    return at;
  }
  void end_text(std::size_t at) {
    auto size = bytes_.size() - at - sizeof(std::uint32_t);
    for (std::size_t i = 0; i < sizeof(std::uint32_t); ++i)
      bytes_[at + i] = static_cast<char>(size >> 8 * i & 0xFF);
  }

  std::size_t size() const { return bytes_.size(); }
  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

/// Takes apart what byte_writer has put together. From the first thing on that is not there, all
/// that it gives is empty.
class byte_reader {
public:
  explicit byte_reader(std::string_view bytes) : bytes_(bytes) {}

  template <std::integral Number>
  Number number() {
    auto raw = take(sizeof(Number));
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
      bits |= std::uint64_t{static_cast<unsigned char>(raw[i])} << 8 * i;
    return static_cast<Number>(bits);
  }
  std::string text() {
    auto size = number<std::uint32_t>();
    return std::string(take(size));
  }

  /// Whether all was there so far.
  bool good() const { return good_; }
  /// Whether all was there, and nothing is behind it.
  bool complete() const { return good_ && bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }
  /// What was read makes no sense: from now on, nothing is there.
  void spoil() { good_ = false; }

private:
  std::string_view take(std::size_t size) {
    good_ = good_ && size <= bytes_.size();
    if (!good_)
      return {};
    auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool good_ = true;
};

} // namespace mahavishnu
