// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace mahavishnu::cli::each {

/// Keeps what comes too early until it is its turn. How much that may be is bounded by whoever asks
/// `is_full` before he starts more: what is waited for has been started, so it comes.
template <class Thing>
class order_keeper {
public:
  explicit order_keeper(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// This number will come; numbers that are never announced are not waited for.
  void expect(std::uint64_t number) { waiting_.emplace(number, std::nullopt); }

  /// @pre it was announced
  void add(std::uint64_t number, Thing thing, std::size_t bytes) {
    bytes_ += bytes;
    waiting_.find(number)->second.emplace(std::move(thing), bytes);
  }

  /// It does not come after all.
  void forget(std::uint64_t number) { waiting_.erase(number); }

  /// The next one, if it is there.
  std::optional<Thing> take() {
    auto next = waiting_.begin();
    if (next == waiting_.end() || !next->second)
      return std::nullopt;
    auto [thing, bytes] = std::move(*next->second);
    bytes_ -= bytes;
    waiting_.erase(next);
    return std::optional<Thing>{std::move(thing)};
  }

  bool is_full() const { return bytes_ >= most_bytes_; }
  std::size_t bytes() const { return bytes_; }

private:
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, std::optional<std::pair<Thing, std::size_t>>> waiting_;
};

} // namespace mahavishnu::cli::each
