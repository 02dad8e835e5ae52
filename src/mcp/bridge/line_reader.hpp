// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::bridge {

/// Makes lines of what comes in pieces of any size. A line without an end is none.
class line_reader {
public:
  explicit line_reader(std::size_t max_bytes) : most_(max_bytes) {}

  /// Gives each line that is complete with this piece to `take`, without its end; of one that is
  /// too long, nothing is kept, and `refuse` is called once.
  void feed(std::string_view piece, const std::function<void(std::string)>& take,
            const std::function<void()>& refuse);

private:
  const std::size_t most_;
  std::string line_;
  bool is_too_long_ = false;
};

} // namespace mahavishnu::mcp::bridge
