// SPDX-License-Identifier: MIT
#pragma once

#include "wire/frame_guard.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace mahavishnu::wire {

/// Takes one line of log. Called from several threads, never at the same time.
using log_callback = std::function<void(std::string_view)>;

/// What happened on the connections of one door, at one moment.
struct connection_counts {
  /// Connections that are open now.
  std::size_t open = 0;
  /// Connections that were handed to CAF so far.
  std::uint64_t accepted = 0;
  /// Connections closed at once because there were too many, or no descriptor was left.
  std::uint64_t refused_full = 0;
  /// Connections closed at once because the peer is another user.
  std::uint64_t refused_user = 0;
  /// Connections closed because no handshake came in time.
  std::uint64_t timed_out = 0;
  /// Frames handed to CAF.
  std::uint64_t passed = 0;
  /// Frames thrown away.
  std::uint64_t dropped = 0;
  /// Connections closed by the guard, by reason.
  std::array<std::uint64_t, close_reason_count> closed{};

  std::uint64_t closed_for(close_reason reason) const {
    return closed[static_cast<std::size_t>(reason)];
  }
};

/// Counts for all connections of one door, and tells the log what was refused: at most one line a
/// second, as the peer decides how much there is to tell. Any thread.
class connection_stats {
public:
  explicit connection_stats(log_callback log = {}) : log_(std::move(log)) {}

  void opened() { ++open_; }
  void ended() { --open_; }
  std::size_t open() const { return open_; }

  void accepted() { ++accepted_; }
  void refused_full();
  void refused_user();
  void timed_out();
  void passed() { ++passed_; }
  void dropped(std::string_view what);
  void closed(close_reason reason);

  /// Says that something failed which is not the doing of a peer.
  void failed(std::string_view what) { tell(what); }

  connection_counts read() const;

private:
  using counter = std::atomic<std::uint64_t>;

  void tell(std::string_view text);

  std::atomic<std::size_t> open_{0};
  counter accepted_{0};
  counter refused_full_{0};
  counter refused_user_{0};
  counter timed_out_{0};
  counter passed_{0};
  counter dropped_{0};
  std::array<counter, close_reason_count> closed_{};

  std::mutex mutex_;
  log_callback log_;
  std::chrono::steady_clock::time_point quiet_until_{};
  std::uint64_t untold_ = 0;
};

} // namespace mahavishnu::wire
