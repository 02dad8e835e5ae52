// SPDX-License-Identifier: MIT
#include "mcp/bridge/line_reader.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::mcp::bridge {

void line_reader::feed(std::string_view piece, const std::function<void(std::string)>& take,
                       const std::function<void()>& refuse) {
  while (!piece.empty()) {
    auto end = piece.find('\n');
    auto part = piece.substr(0, end);
    if (!is_too_long_ && line_.size() + part.size() > most_) {
      is_too_long_ = true;
      line_ = {};
      refuse();
    }
    if (!is_too_long_)
      line_ += part;
    if (end == std::string_view::npos)
      return;
    piece.remove_prefix(end + 1);
    if (std::exchange(is_too_long_, false))
      continue;
    if (line_.ends_with('\r'))
      line_.pop_back();
    take(std::exchange(line_, {}));
  }
}

} // namespace mahavishnu::mcp::bridge
