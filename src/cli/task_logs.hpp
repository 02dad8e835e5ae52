// SPDX-License-Identifier: MIT
#pragma once

#include "cli/command_line.hpp"
#include "mahavishnu/messages/output.hpp"

#include <cstdint>
#include <optional>

namespace mahavishnu::cli {

/// What to print of a task.
struct logs_wish {
  task_id task = {}; // found by what was given
  output_stream stream = output_stream::output;
  /// Until the task has ended.
  bool follow = false;
  /// Only the last ones.
  std::optional<std::uint64_t> lines;
};

/// Prints what a task has written, as it was written.
int print_logs(const invocation& now, const output& out, const std::string& task, logs_wish wish);

} // namespace mahavishnu::cli
