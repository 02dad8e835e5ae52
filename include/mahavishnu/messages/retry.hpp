// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/fields.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mahavishnu {

/// Whether and when a task that ended badly is tried again. What is left open gets the default of
/// its pool, and that of the settings. Percentages instead of fractions, since a number on the wire
/// must not be infinite, nor none at all.
struct retry_policy {
  /// The first one included; zero: the default, and 1: no retries.
  std::int32_t max_attempts = 0;
  /// Before the second attempt; zero: the default.
  std::chrono::milliseconds delay{0};
  /// How much longer each further delay is, 200 for twice; zero: the default.
  std::int32_t factor_percent = 0;
  /// No delay is longer; zero: the default.
  std::chrono::milliseconds max_delay{0};
  /// By how much chance makes a delay shorter or longer; -1: the default.
  std::int32_t jitter_percent = -1;
  /// Which ends are tried again, any of `failed`, `timeout` and `lost`; empty: the default.
  std::vector<std::string> on;

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
  static constexpr auto fields() {
    return std::tuple{field{"max_attempts", &retry_policy::max_attempts},
                      field{"delay", &retry_policy::delay},
                      field{"factor_percent", &retry_policy::factor_percent},
                      field{"max_delay", &retry_policy::max_delay},
                      field{"jitter_percent", &retry_policy::jitter_percent},
                      field{"on", &retry_policy::on}};
  }
};

} // namespace mahavishnu
