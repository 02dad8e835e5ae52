// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio.

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mahavishnu::net {

/// Strings on their way to a socket: taken many at a time, in their order, and never copied.
class out_queue {
public:
  void add(std::string piece) {
    if (piece.empty())
      return;
    bytes_ += piece.size();
    pieces_.push_back(std::move(piece));
  }

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }

  /// What the next write may take; valid until something is added or consumed.
  std::span<const boost::asio::const_buffer> next() {
    auto count = std::min(gathered_.size(), pieces_.size() - first_);
    for (std::size_t i = 0; i < count; ++i)
      gathered_[i] = boost::asio::buffer(pieces_[first_ + i]);
    if (count > 0)
      gathered_[0] += taken_of_first_;
    return {gathered_.data(), count};
  }

  void consume(std::size_t count) {
    bytes_ -= count;
    for (count += taken_of_first_; first_ < pieces_.size() && count >= pieces_[first_].size();)
      count -= std::exchange(pieces_[first_++], {}).size();
    taken_of_first_ = count;
    if (bytes_ == 0)
      clear();
  }

  void clear() {
    pieces_.clear();
    first_ = taken_of_first_ = bytes_ = 0;
  }

private:
  std::vector<std::string> pieces_;
  /// Those before it are taken.
  std::size_t first_ = 0;
  std::size_t taken_of_first_ = 0;
  std::size_t bytes_ = 0;
  std::array<boost::asio::const_buffer, 16> gathered_;
};

} // namespace mahavishnu::net
