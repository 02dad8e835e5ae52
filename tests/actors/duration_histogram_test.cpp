// SPDX-License-Identifier: MIT
#include "actors/duration_histogram.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <random>

using namespace mahavishnu;
using std::chrono::nanoseconds;

namespace {

const auto longest = nanoseconds::max();

/// From nothing to centuries: every power of two is as likely as any other.
nanoseconds any_duration(std::mt19937_64& random) {
  return nanoseconds{static_cast<std::int64_t>(random() >> (1 + random() % 63))};
}

std::int64_t exact(const std::vector<std::int64_t>& sorted, double q) {
  auto place = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(place, 1) - 1];
}

void check_close(nanoseconds estimate, std::int64_t truth) {
  INFO("estimate " << estimate.count() << ", truth " << truth);
  auto difference = std::abs(static_cast<double>(estimate.count()) - static_cast<double>(truth));
  REQUIRE(difference <= 0.0625 * static_cast<double>(truth));
}

void check_same(const duration_histogram& a, const duration_histogram& b) {
  REQUIRE(a.count() == b.count());
  for (int percent = 0; percent <= 100; ++percent)
    REQUIRE(a.quantile(percent / 100.0) == b.quantile(percent / 100.0));
  check_close(a.mean(), b.mean().count()); // sums of fractions depend on the order
}

} // namespace

TEST_CASE("an empty histogram answers 0 and takes no memory") {
  duration_histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.mean() == nanoseconds{0});
  for (auto q : {0.0, 0.5, 1.0})
    CHECK(histogram.quantile(q) == nanoseconds{0});
  CHECK(histogram.memory() == sizeof histogram);
  CHECK(histogram.memory() <= 64);
}

TEST_CASE("the memory of a histogram does not grow with what it holds") {
  std::mt19937_64 random{test::seed()};
  duration_histogram histogram;
  histogram.record(nanoseconds{1});
  auto memory = histogram.memory();
  CHECK(memory < 4500);
  for (int i = 0; i < 10000; ++i)
    histogram.record(any_duration(random));
  CHECK(histogram.memory() == memory);
}

TEST_CASE("a single duration is known exactly") {
  std::mt19937_64 random{test::seed()};
  for (int i = 0; i < 1000; ++i) {
    auto duration = any_duration(random);
    duration_histogram histogram;
    histogram.record(duration);
    for (auto q : {0.0, 0.3, 0.5, 0.99, 1.0})
      REQUIRE(histogram.quantile(q) == duration);
    check_close(histogram.mean(), duration.count());
  }
}

TEST_CASE("every duration is near to the middle of its bucket, at the edges too") {
  // Between the least and the most, so that neither tells the answer.
  auto check = [](std::int64_t value) {
    duration_histogram histogram;
    histogram.record(nanoseconds{0});
    histogram.record(nanoseconds{value});
    histogram.record(longest);
    check_close(histogram.quantile(0.5), value);
  };
  for (std::int64_t value = 0; value < 5000; ++value)
    check(value);
  for (int bit = 12; bit < 63; ++bit)
    for (std::int64_t eighth = 8; eighth < 16; ++eighth)
      for (std::int64_t off : {-1, 0, 1})
        check((eighth << (bit - 3)) + off);
  check(longest.count() - 1);
  check(longest.count());
}

TEST_CASE("small durations are known exactly") {
  for (std::int64_t value = 0; value < 16; ++value) {
    duration_histogram histogram;
    histogram.record(nanoseconds{0});
    histogram.record(nanoseconds{value});
    histogram.record(longest);
    CHECK(histogram.quantile(0.5) == nanoseconds{value});
  }
}

TEST_CASE("quantiles of random durations are within 6.25 % of those of the sorted durations") {
  std::mt19937_64 random{test::seed()};
  for (int round = 0; round < 60; ++round) {
    auto size = 1 + random() % 3000;
    auto shape = round % 4;
    std::exponential_distribution<double> exponential{1e-7};
    std::lognormal_distribution<double> skewed{15, 2};
    duration_histogram histogram;
    std::vector<std::int64_t> samples;
    long double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      std::int64_t value = 0;
      if (shape == 0)
        value = any_duration(random).count();
      else if (shape == 1)
        value = static_cast<std::int64_t>(exponential(random));
      else if (shape == 2)
        value = static_cast<std::int64_t>(skewed(random));
      else
        value = static_cast<std::int64_t>(random() % 20);
      samples.push_back(value);
      sum += static_cast<long double>(value);
      histogram.record(nanoseconds{value});
    }
    std::ranges::sort(samples);
    REQUIRE(histogram.count() == size);
    REQUIRE(histogram.quantile(0) == nanoseconds{samples.front()});
    REQUIRE(histogram.quantile(1) == nanoseconds{samples.back()});
    auto before = histogram.quantile(0);
    for (int thousandth = 1; thousandth < 1000; ++thousandth) {
      auto q = thousandth / 1000.0;
      auto estimate = histogram.quantile(q);
      check_close(estimate, exact(samples, q));
      REQUIRE(estimate >= before);
      before = estimate;
    }
    auto mean = static_cast<double>(sum / static_cast<long double>(size));
    CHECK(std::abs(static_cast<double>(histogram.mean().count()) - mean) <= 1 + mean * 1e-9);
  }
}

TEST_CASE("quantiles beyond all bounds are the least and the most") {
  duration_histogram histogram;
  histogram.record(nanoseconds{1000});
  histogram.record(nanoseconds{9000});
  CHECK(histogram.quantile(-1) == nanoseconds{1000});
  CHECK(histogram.quantile(-INFINITY) == nanoseconds{1000});
  CHECK(histogram.quantile(NAN) == nanoseconds{1000});
  CHECK(histogram.quantile(7) == nanoseconds{9000});
  CHECK(histogram.quantile(INFINITY) == nanoseconds{9000});
}

TEST_CASE("a negative duration counts as 0") {
  duration_histogram histogram;
  histogram.record(nanoseconds{-5});
  histogram.record(nanoseconds::min());
  CHECK(histogram.count() == 2);
  CHECK(histogram.mean() == nanoseconds{0});
  CHECK(histogram.quantile(1) == nanoseconds{0});
}

TEST_CASE("the sum of the longest durations does not overflow") {
  duration_histogram histogram;
  for (int i = 0; i < 1000; ++i)
    histogram.record(longest);
  CHECK(histogram.mean() == longest);
  CHECK(histogram.quantile(0.5) == longest);
  histogram.record(nanoseconds{0});
  CHECK(histogram.mean() < longest);
  CHECK(histogram.mean() > longest / 1001 * 999);
}

TEST_CASE("histograms merge as if one had recorded everything") {
  std::mt19937_64 random{test::seed()};
  for (int round = 0; round < 20; ++round) {
    duration_histogram all, parts[3];
    for (auto i = random() % 500; i > 0; --i) {
      auto duration = any_duration(random);
      all.record(duration);
      parts[random() % 3].record(duration);
    }
    duration_histogram merged;
    for (const auto& part : parts)
      merged.merge(part);
    check_same(merged, all);
  }
}

TEST_CASE("an empty histogram changes nothing when it is merged, and takes no memory") {
  duration_histogram empty, other;
  empty.merge(other);
  CHECK(empty.memory() == sizeof empty);
  other.record(nanoseconds{500});
  other.merge(empty);
  CHECK(other.count() == 1);
  CHECK(other.quantile(0) == nanoseconds{500});
  empty.merge(other);
  check_same(empty, other);
}

TEST_CASE("a histogram that is merged with itself counts everything twice") {
  duration_histogram histogram;
  histogram.record(nanoseconds{10});
  histogram.record(nanoseconds{1'000'000});
  auto once = histogram;
  histogram.merge(histogram);
  CHECK(histogram.count() == 4);
  CHECK(histogram.mean() == once.mean());
  for (auto q : {0.0, 0.5, 0.9, 1.0})
    CHECK(histogram.quantile(q) == once.quantile(q));
}
