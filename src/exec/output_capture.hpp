// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// Keeps what a process writes to one stream within a limit: all of it, or its first and its last
/// half with a line between them that says how much is missing.
class output_capture {
public:
  explicit output_capture(std::size_t limit);

  void append(std::string_view bytes);
  /// Counts bytes that nobody has at hand. @pre half of the limit has come before them, and as much
  /// comes after them.
  void skip(std::uint64_t bytes) { total_ += bytes; }

  bool truncated() const { return total_ > limit_; }

  /// What was kept; leaves the capture empty.
  std::string take();

  /// What comes before and after a line that says how much is missing.
  struct cut {
    std::string_view head;
    std::string_view tail;
  };
  /// That line is in the middle: what the process has written that looks like it is elsewhere.
  /// Nothing when nothing is missing.
  static std::optional<cut> cut_of(std::string_view kept);

private:
  std::size_t limit_;
  std::size_t head_limit_;
  std::uint64_t total_ = 0;
  std::string head_;
  /// A ring once it has reached its limit: the oldest byte stands at `tail_start_`.
  std::string tail_;
  std::size_t tail_start_ = 0;
};

} // namespace mahavishnu::exec
