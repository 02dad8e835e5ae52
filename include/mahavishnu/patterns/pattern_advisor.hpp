// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mahavishnu {

/// A way to run a script.
enum class task_pattern : std::uint8_t {
  simple,
  long_running,
  concurrent,
  fire_and_forget,
  periodic,
  pooled,
};

inline constexpr std::array<task_pattern, 6> task_patterns{
    task_pattern::simple,          task_pattern::long_running, task_pattern::concurrent,
    task_pattern::fire_and_forget, task_pattern::periodic,     task_pattern::pooled};

/// "long_running".
std::string_view to_string(task_pattern pattern);
/// An error names all six.
result<task_pattern> pattern_from_string(std::string_view name);

/// What somebody needs who asks which pattern to take.
struct pattern_needs {
  std::optional<double> expected_duration_seconds;
  bool requires_streaming = false;
  std::int64_t concurrent_tasks = 1;
  bool needs_result = true;
  bool recurring = false;
  /// More than ten times a minute.
  bool high_frequency = false;
};

/// What there is to know of a pattern.
struct pattern_explanation {
  std::string_view name;
  std::string_view use_when;
  std::vector<std::string_view> benefits;
  std::vector<std::string_view> limitations;
  /// A command line.
  std::string_view example;
};

/// Says which pattern fits.
class pattern_advisor {
public:
  /// The first rule that holds: recurring, streaming or more than a minute, more than one at a
  /// time, no result needed, often; and simple, when none does.
  static task_pattern recommend(const pattern_needs& needs);

  /// Why: the rule that held, as a sentence.
  static std::string_view reason(const pattern_needs& needs);

  static const pattern_explanation& explain(task_pattern pattern);
};

} // namespace mahavishnu
