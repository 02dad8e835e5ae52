// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mahavishnu::cli::each {

/// Puts a tag before each line of a text that comes in pieces.
class line_tagger {
public:
  explicit line_tagger(std::string tag) : tag_(std::move(tag)) {}
  std::string add(std::string_view bytes);

private:
  std::string tag_;
  bool at_start_ = true;
};

/// Collects what goes to a descriptor, so that many small texts make one system call.
class text_writer {
public:
  explicit text_writer(int descriptor) : descriptor_(descriptor) {}

  void add(std::string_view bytes);
  void flush();
  /// Of all that was added.
  char last() const { return last_; }
  /// Nobody reads it any more, or it cannot be written: why, as an errno.
  int failure() const { return failure_; }

private:
  static constexpr std::size_t most_pending = std::size_t{256} << 10;

  int descriptor_;
  int failure_ = 0;
  char last_ = '\n';
  std::string pending_;
};

} // namespace mahavishnu::cli::each
