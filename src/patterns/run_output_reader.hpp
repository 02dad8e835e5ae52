// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace mahavishnu {

/// Reads the file that a run writes to, from its start or near its end on, as it grows.
class run_output_reader {
public:
  explicit run_output_reader(std::filesystem::path file) : file_(std::move(file)) {}

  /// Where it goes on.
  std::uint64_t offset() const { return offset_; }
  void skip_to(std::uint64_t offset) { offset_ = offset; }
  /// Goes on where the last so many lines begin.
  void skip_to_last_lines(std::size_t lines);

  /// The next piece; empty when there is no more yet.
  std::string read();

private:
  std::filesystem::path file_;
  std::uint64_t offset_ = 0;
};

} // namespace mahavishnu
