// SPDX-License-Identifier: MIT
#include "exec/line_splitter.hpp"

#include "exec/utf8.hpp"

#include <algorithm>

namespace mahavishnu::exec {

void line_splitter::feed(std::string_view bytes, const receiver& line) {
  for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    auto text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (kept_.empty() && left_out_ == 0 && text.size() <= longest_) {
      line(text);
    } else {
      keep(text);
      give(line);
    }
  }
  keep(bytes);
}

void line_splitter::finish(const receiver& line) {
  if (!kept_.empty() || left_out_ > 0)
    give(line);
}

void line_splitter::keep(std::string_view bytes) {
  auto room = left_out_ > 0 ? 0 : longest_ - kept_.size();
  auto count = std::min(room, bytes.size());
  kept_ += bytes.substr(0, count);
  left_out_ += bytes.size() - count;
}

void line_splitter::give(const receiver& line) {
  if (left_out_ > 0) {
    auto cut = unfinished_utf8(kept_);
    kept_.resize(kept_.size() - cut);
    left_out_ += cut;
    kept_ += " [mahavishnu: " + std::to_string(left_out_) + " bytes of this line left out]";
  }
  line(kept_);
  kept_.clear();
  left_out_ = 0;
}

} // namespace mahavishnu::exec
