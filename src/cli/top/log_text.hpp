// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/messages/output.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace mahavishnu::cli::top {

/// A line as a terminal would leave it behind: without escape sequences, tabs as spaces, and only
/// what was written after the last carriage return.
std::string line_for_people(std::string_view line);

/// What a task has written, piece by piece, to be looked at; of what is long only the end.
class log_text {
public:
  explicit log_text(task_id task, output_stream stream = output_stream::output)
      : task_(task), stream_(stream) {}

  const task_id& task() const { return task_; }
  output_stream stream() const { return stream_; }

  /// What to ask for now: first only how much there is.
  read_output next() const;

  /// The answer to a question of `next`; an older one is left out. True when more is there than was
  /// read: ask again at once.
  bool take(const read_output& question, const task_output& piece);

  const std::deque<std::string>& lines() const { return lines_; }
  /// How many lines have been here before the first one that is.
  std::size_t dropped() const { return dropped_; }
  bool has_begun() const { return has_begun_; }
  /// It will not grow any more, and all of it is here.
  bool is_complete() const { return is_complete_; }
  task_status status() const { return status_; }
  std::int32_t attempt() const { return attempt_; }
  const std::string& note() const { return note_; }
  /// Whether the beginning is not here.
  bool is_cut() const { return is_cut_; }

  static constexpr std::int64_t most_bytes = 1 << 20;
  static constexpr std::size_t most_lines = 20'000;
  static constexpr std::int32_t bytes_of_piece = 1 << 18;

private:
  void begin(const task_output& piece);
  void append(std::string_view bytes);

  task_id task_;
  output_stream stream_;
  bool has_begun_ = false;
  std::int64_t offset_ = 0;
  std::int32_t attempt_ = 0;
  task_status status_ = task_status::queued;
  std::string note_;
  bool is_complete_ = false;
  bool is_cut_ = false;
  std::deque<std::string> lines_;
  std::size_t dropped_ = 0;
  /// The last line, as it was written, while its end has not come.
  std::string open_;
};

} // namespace mahavishnu::cli::top
