// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mahavishnu::exec {

/// The last bytes of a stream, for followers who each read at their own offset: first what is still
/// here, then what comes. Bounded: the oldest bytes give way, and whoever had not read them is told
/// how many they were. An offset counts from the first byte of the stream.
class output_ring {
public:
  /// What a follower reads; it goes on at next().
  struct part {
    /// Bytes between the offset that was asked for and `offset` that are gone.
    std::uint64_t missed = 0;
    std::uint64_t offset = 0;
    std::string bytes;

    std::uint64_t next() const { return offset + bytes.size(); }
  };

  /// Takes memory as bytes come. `first` is the offset of the first byte that will be appended.
  explicit output_ring(std::size_t capacity, std::uint64_t first = 0);

  void append(std::string_view bytes);

  /// Offset of the oldest byte that is still here.
  std::uint64_t begin() const { return end_ - kept_.size(); }
  /// Offset of the byte that comes next.
  std::uint64_t end() const { return end_; }

  /// No more than `most` bytes from `offset` on; none when the stream has not come that far.
  part read(std::uint64_t offset, std::size_t most) const;

private:
  std::size_t capacity_;
  std::uint64_t end_;
  std::string kept_;
  /// Where the oldest byte stands; 0 until the ring is full.
  std::size_t start_ = 0;
};

} // namespace mahavishnu::exec
