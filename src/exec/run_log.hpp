// SPDX-License-Identifier: MIT
#pragma once

#include "exec/run_state.hpp"
#include "exec/unique_fd.hpp"

#include <mahavishnu/base/error.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::exec {

/// What a run log holds, and what was wrong with it.
struct run_log_contents {
  /// Runs that have started and of which nobody has heard the end, by name.
  std::map<std::string, run_state> runs;
  /// Sentences about a torn end and about damaged records.
  std::vector<std::string> warnings;
  /// Whether something may be missing: a torn end is only what had not happened yet.
  bool is_damaged = false;
  /// Bytes up to the end of the last record that can be read.
  std::uint64_t good_bytes = 0;
};

/// Reads the bytes of a run log. Never fails: what cannot be read is skipped and reported.
run_log_contents read_run_log(std::string_view bytes);

/// Reads a run log that may be somebody else's. A file that does not exist tells of nothing.
result<run_log_contents> read_run_log_file(const std::string& path);

/// The append-only file that tells a keeper what its predecessor over the same directory ran.
/// Each record has a mark, a length and a checksum. The file is not synced to the disk: it has to
/// outlive processes, and what it tells of does not outlive the machine.
class run_log {
public:
  /// Reads the file, cuts off a torn end, and goes on from there.
  static result<run_log> open(std::string path, run_log_contents& contents);

  result<void> started(const run_state& run);
  result<void> ended(const run_state& run);
  result<void> heard(const std::string& run);

private:
  run_log(std::string path, unique_fd file) : path_(std::move(path)), file_(std::move(file)) {}

  result<void> append(std::string_view record);
  result<void> compact_if_long();
  error refused(const std::string& what) const;

  std::string path_;
  unique_fd file_;
  std::uint64_t bytes_ = 0;
  /// The records that still count, by run.
  std::map<std::string, std::string> live_;
  std::uint64_t live_bytes_ = 0;
};

} // namespace mahavishnu::exec
