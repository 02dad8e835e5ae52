// SPDX-License-Identifier: MIT
#include "actors/duration_histogram.hpp"

#include <cmath>

namespace mahavishnu {

std::int64_t duration_histogram::middle_of(std::size_t bucket) {
  if (bucket < sub_buckets)
    return static_cast<std::int64_t>(bucket);
  auto shift = bucket / sub_buckets - 1;
  auto lowest = (sub_buckets + bucket % sub_buckets) << shift;
  return static_cast<std::int64_t>(lowest + ((std::uint64_t{1} << shift) / 2));
}

std::chrono::nanoseconds duration_histogram::mean() const {
  if (count_ == 0)
    return {};
  auto mean = sum_ / static_cast<double>(count_);
  // A double may round the longest duration up to what no integer of 64 bits holds.
  if (mean >= static_cast<double>(most_))
    return std::chrono::nanoseconds{most_};
  return std::chrono::nanoseconds{std::max(least_, static_cast<std::int64_t>(mean))};
}

std::chrono::nanoseconds duration_histogram::quantile(double q) const {
  if (count_ == 0)
    return {};
  if (!(q > 0))
    return std::chrono::nanoseconds{least_};
  if (q >= 1)
    return std::chrono::nanoseconds{most_};
  // The place among all durations in their order, from 1 on.
  auto place = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    passed += counts_[bucket];
    if (passed >= place)
      return std::chrono::nanoseconds{std::clamp(middle_of(bucket), least_, most_)};
  }
  return std::chrono::nanoseconds{most_};
}

void duration_histogram::merge(const duration_histogram& other) {
  if (other.count_ == 0)
    return;
  counts_.resize(buckets);
  for (std::size_t bucket = 0; bucket < buckets; ++bucket)
    counts_[bucket] += other.counts_[bucket];
  count_ += other.count_;
  sum_ += other.sum_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
}

} // namespace mahavishnu
