// SPDX-License-Identifier: MIT
#pragma once

#include "exec/output_capture.hpp"
#include "exec/output_file.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// One stream of one run: some of it in memory for the exit and, where files are kept, all of it in
/// a file.
class run_output {
public:
  /// What is known of it at the end.
  struct summary {
    std::string text;
    bool truncated = false;
    std::uint64_t bytes = 0;
  };

  run_output(std::size_t memory_limit, std::optional<output_file> file)
      : capture_(memory_limit), file_(std::move(file)) {}

  void append(std::string_view bytes) {
    bytes_ += bytes.size();
    capture_.append(bytes);
    if (file_)
      file_->append(bytes);
  }

  std::uint64_t bytes() const { return bytes_; }

  /// To be called once.
  summary close() {
    if (file_)
      file_->close();
    bool truncated = capture_.truncated();
    return {capture_.take(), truncated, bytes_};
  }

private:
  output_capture capture_;
  std::optional<output_file> file_;
  std::uint64_t bytes_ = 0;
};

} // namespace mahavishnu::exec
