// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mahavishnu {

/// Counts durations in buckets that grow with them, so that any quantile is known to within 6.25 %
/// in a memory of fixed size, which is taken with the first record.
class duration_histogram {
public:
  /// Negative durations count as 0.
  void record(std::chrono::nanoseconds duration) {
    if (counts_.empty())
      counts_.resize(buckets);
    auto value = std::max<std::int64_t>(duration.count(), 0);
    ++counts_[bucket_of(static_cast<std::uint64_t>(value))];
    ++count_;
    sum_ += static_cast<double>(value);
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
  }

  std::uint64_t count() const { return count_; }

  /// 0 when empty.
  std::chrono::nanoseconds mean() const;

  /// What the share `q` of all durations did not exceed: 0.5 is the median, 0 the least and 1 the
  /// most, and these two are exact. 0 when empty.
  std::chrono::nanoseconds quantile(double q) const;

  void merge(const duration_histogram& other);

  /// Bytes that this takes, with what it allocated.
  std::size_t memory() const { return sizeof *this + counts_.capacity() * sizeof counts_[0]; }

private:
  static constexpr unsigned sub_bits = 3;
  /// Buckets per power of two. Values below are few enough for a bucket each.
  static constexpr std::uint64_t sub_buckets = 1U << sub_bits;
  /// For all values of 63 bits.
  static constexpr std::size_t buckets = (64 - sub_bits) * sub_buckets;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < sub_buckets)
      return value;
    auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return (shift * sub_buckets) + (value >> shift); // the top bit moves it up by one power
  }
  static std::int64_t middle_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0; // three hundred years of nanoseconds would overflow an integer
  std::int64_t least_ = INT64_MAX;
  std::int64_t most_ = 0;
};

} // namespace mahavishnu
