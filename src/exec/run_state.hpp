// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <mahavishnu/base/error.hpp>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// One stream of a run, as a keeper knows it.
struct stream_state {
  /// All that the run has written to it.
  std::uint64_t bytes = 0;
  /// Whether `text` is all of it; otherwise it is in the file.
  bool is_inline = false;
  std::string text;

  friend bool operator==(const stream_state&, const stream_state&) = default;
};

/// A run of a keeper: one that goes on, or one that has ended and whose end nobody has heard yet.
struct run_state {
  std::string run;
  pid_t pid = -1;
  /// Milliseconds since 1970.
  std::int64_t started_at = 0;
  /// 0 while it runs.
  std::int64_t ended_at = 0;
  /// Input that its keeper has taken for it, read or not.
  std::uint64_t input_bytes = 0;
  /// Why it never ran, or why its end is not known.
  std::optional<error> failure;
  int exit_code = 0;
  int signal = 0;
  stream_state output;
  stream_state error_output;
  /// Processes of it that could not be ended.
  std::vector<pid_t> survivors;
  std::string note;

  bool has_ended() const { return ended_at != 0; }
  friend bool operator==(const run_state&, const run_state&) = default;
};

/// Whether this can be the name of a run: it is the name of files and stands in an environment.
bool is_run_name(std::string_view name);

} // namespace mahavishnu::exec
