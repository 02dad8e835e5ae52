// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"
#include "mahavishnu/patterns/pattern_advisor.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu {

enum class run_status : std::uint8_t {
  /// Written down, and not started yet.
  queued,
  running,
  /// Ended with exit code 0.
  completed,
  /// Ended in another way; `error_message` says how.
  failed,
  /// Ended after somebody had asked for that.
  cancelled,
};

inline constexpr std::array<run_status, 5> run_statuses{run_status::queued, run_status::running,
                                                        run_status::completed, run_status::failed,
                                                        run_status::cancelled};

/// "completed".
std::string_view to_string(run_status status);
/// An error names all five.
result<run_status> run_status_from_string(std::string_view name);
/// Whether it may still change.
bool is_active(run_status status);

using run_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// How far a run is, as it has said itself.
struct run_progress {
  /// 0 to 100.
  std::optional<double> percent;
  std::optional<std::int64_t> items_processed;
  std::optional<std::int64_t> items_total;

  friend bool operator==(const run_progress&, const run_progress&) = default;
};

/// One run of a script, as the registry keeps it.
struct run_record {
  std::string run_id;
  std::string module_id;
  std::string module_name;
  run_status status = run_status::queued;
  run_time created_at{};
  std::optional<run_time> started_at;
  std::optional<run_time> completed_at;
  std::optional<std::int64_t> duration_seconds;
  std::optional<double> progress_percent;
  std::optional<std::int64_t> items_processed;
  std::optional<std::int64_t> items_total;
  /// 128 + signal when a signal ended it; none when its end is not known.
  std::optional<int> exit_code;
  std::string error_message;
  std::map<std::string, std::string> parameters;

  /// Who looks after it: our own patterns do, and then the registry says what has become of it. A
  /// run without one is what was written last.
  std::optional<task_pattern> pattern;
  std::vector<std::string> command;
  std::string working_directory;
  std::chrono::milliseconds timeout{0};

  friend bool operator==(const run_record&, const run_record&) = default;
};

inline constexpr std::size_t most_run_parameters = 100;

/// Refuses an id that cannot name a directory, too many parameters and forbidden names of them.
result<void> check_run(const run_record& run);

/// `run_20261121_132502_report_5f0c2a91`: time and module to be read, and chance to be the only
/// one.
std::string make_run_id(std::string_view module_id, run_time when, std::uint32_t chance);

} // namespace mahavishnu
