// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// Makes lines out of a stream that comes in pieces. A line is what stands before a `\n`; a `\r` is
/// part of it. Of a line that is too long the start is given, with a mark that says how much of it
/// is missing: somebody who writes without end does not take our memory.
class line_splitter {
public:
  using receiver = std::function<void(std::string_view)>;

  explicit line_splitter(std::size_t longest) : longest_(longest) {}

  /// Gives all lines that have ended to `line`.
  void feed(std::string_view bytes, const receiver& line);

  /// The stream has ended: gives what stands behind the last `\n`, unless there is nothing.
  void finish(const receiver& line);

private:
  void keep(std::string_view bytes);
  void give(const receiver& line);

  std::size_t longest_;
  std::string kept_;
  std::uint64_t left_out_ = 0;
};

} // namespace mahavishnu::exec
