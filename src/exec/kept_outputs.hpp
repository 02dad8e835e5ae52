// SPDX-License-Identifier: MIT
#pragma once

#include "exec/process_runner.hpp"

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// The file in a directory of outputs that has what a run writes to a stream.
std::string output_path(const std::string& directory, const std::string& run,
                        output_growth::stream which);

/// The directory in which outputs are kept that are too long for the result of their run. They are
/// links to the files of a keeper, which may then forget its own.
class kept_outputs {
public:
  /// Empty: none are kept.
  explicit kept_outputs(std::string directory = {}) : directory_(std::move(directory)) {}

  /// Keeps this file too, under the same name, in place of another one of that name. Makes the
  /// directory if it is missing.
  result<void> keep(const std::string& path) const;

  /// The file that has the whole of what was cut in a result: that of the last of the task's runs
  /// which begins and ends like it. Empty when none does.
  std::string whole_of(const std::string& task, output_growth::stream which,
                       std::string_view cut) const;

  /// As many as can be looked at now and then.
  static constexpr std::size_t most_files = 100'000;

  struct swept {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    /// What is left.
    std::uint64_t bytes_left = 0;
    /// Why one of them could not be removed.
    std::optional<error> failure;
  };

  /// Removes those that were written last before `oldest`, and then the oldest until no more than
  /// `most` bytes of the disk and `most_files` are left.
  result<swept> sweep(std::chrono::system_clock::time_point oldest, std::uint64_t most) const;

private:
  std::string directory_;
};

} // namespace mahavishnu::exec
