// SPDX-License-Identifier: MIT
#pragma once

// The one place that knows that Catch2 2 (Debian 12) and Catch2 3 (Debian 13) have different
// headers.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) {
  return Catch::Matchers::Contains(text);
}
#endif

#include <cstdint>

namespace mahavishnu::test {

/// The seed of this run: printed at the start, set with `--rng-seed N` to repeat a failure.
std::uint32_t seed();

} // namespace mahavishnu::test
