// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::store {

/// What a look at everything has found, a sentence each.
class problems {
public:
  void add(std::string sentence) {
    if (sentences_.size() < most)
      sentences_.push_back(std::move(sentence));
    else
      ++more_;
  }
  std::vector<std::string> take() {
    if (more_ > 0)
      sentences_.push_back("and " + std::to_string(more_) + " problems more");
    return std::move(sentences_);
  }

private:
  /// More than these are only counted: nobody reads them, and a ruined file has millions.
  static constexpr std::size_t most = 1000;

  std::vector<std::string> sentences_;
  std::uint64_t more_ = 0;
};

} // namespace mahavishnu::store
