// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mahavishnu {

/// An id that cannot be mistaken for an id of another kind, nor for any other text.
template <class Kind>
struct id {
  std::string value;

  id() = default;
  explicit id(std::string text) : value(std::move(text)) {}

  const std::string& str() const { return value; }
  bool empty() const { return value.empty(); }

  friend bool operator==(const id&, const id&) = default;
  friend auto operator<=>(const id&, const id&) = default; // NOLINT

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, id& x) {
    return f(x.value);
  }
};

/// `pool_` and 8 hex digits.
using pool_id = id<struct pool_kind>;
/// `worker_` and 8 hex digits.
using worker_id = id<struct worker_kind>;
/// `batch_` and 8 hex digits.
using batch_id = id<struct batch_kind>;

/// `task_` and 26 characters that sort by the time of submission. There are many of these, so
/// inside the program an id is two numbers: 48 bits of milliseconds and 80 that make it the only
/// one.
class task_id {
public:
  task_id() = default;
  task_id(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}

  static std::optional<task_id> parse(std::string_view text);
  /// Greater than all that were made before this moment, in milliseconds since 1970, and less than
  /// all that are made later, as far as the clock was not set back.
  static task_id first_of(std::uint64_t milliseconds) {
    return {milliseconds << bits_below_time, 0};
  }
  std::string str() const;
  bool empty() const { return high_ == 0 && low_ == 0; }

  /// The id that comes `n` after this one, for tasks that arrive together.
  task_id after(std::uint64_t n) const {
    auto low = low_ + n;
    return {high_ + (low < low_ ? 1 : 0), low};
  }

  /// Of the upper half; the time is above them.
  static constexpr int bits_below_time = 16;
  std::uint64_t high() const { return high_; }
  std::uint64_t low() const { return low_; }

  friend bool operator==(const task_id&, const task_id&) = default;
  friend auto operator<=>(const task_id&, const task_id&) = default; // NOLINT

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, task_id& x) {
    return f(x.high_, x.low_);
  }

private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

} // namespace mahavishnu

template <class Kind>
struct std::hash<mahavishnu::id<Kind>> {
  std::size_t operator()(const mahavishnu::id<Kind>& x) const noexcept {
    return std::hash<std::string>{}(x.value);
  }
};

template <>
struct std::hash<mahavishnu::task_id> {
  std::size_t operator()(const mahavishnu::task_id& x) const noexcept {
    return static_cast<std::size_t>((x.low() ^ x.high()) * 0x9e3779b97f4a7c15u);
  }
};
