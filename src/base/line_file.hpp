// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace mahavishnu {

/// A file to which lines are added, whole ones only, by a thread of its own: nobody waits for the
/// disk. It is for our user alone. Who moves it away (logrotate) gets a new one begun.
class line_file {
public:
  struct options {
    std::filesystem::path file{};
    /// A file that has become longer is moved to `FILE.1`, in the place of the one before; 0:
    /// never.
    std::uintmax_t most_bytes = 0;
    /// Of lines that wait while the disk is slow or full; further ones are lost.
    std::size_t most_waiting_bytes = std::size_t{4} << 20;
    /// The line that says how many were lost, when lines can be written again.
    std::function<std::string(std::uint64_t count)> loss_line{};
  };

  static result<std::unique_ptr<line_file>> open(options chosen);

  /// Tries once to write what still waits.
  ~line_file();

  /// A line without its end. From any thread.
  void append(std::string line);

  /// Returns when it was tried to write all that was given before.
  void flush();

  std::uint64_t lost() const;

private:
  struct impl;
  explicit line_file(std::unique_ptr<impl> state);

  const std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu
