// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mahavishnu::mcp {

/// How long to wait after so many failures in a row: twice as long each time, up to a limit.
class back_off {
public:
  constexpr back_off(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(std::clamp(first, std::chrono::milliseconds{1}, most)),
        longest_(std::clamp(longest, first_, most)) {}

  /// Nothing after none.
  constexpr std::chrono::milliseconds after(std::uint32_t failures) const {
    if (failures == 0)
      return std::chrono::milliseconds{0};
    auto pause = first_;
    while (--failures > 0 && pause < longest_)
      pause *= 2;
    return std::min(pause, longest_);
  }

private:
  /// Keeps the sums with moments within what nanoseconds can say.
  static constexpr std::chrono::milliseconds most = std::chrono::hours{24 * 366};

  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
};

/// Keeps calls away from a server that fails, until one of them shows that it works again. Has no
/// clock: the moments it is given must not go back.
class circuit_breaker {
public:
  using moment = std::chrono::steady_clock::time_point;

  enum class state {
    /// Every call may be made.
    closed,
    /// None may, until the pause is over.
    open,
    /// One was let through to see, and its end is awaited.
    half_open,
  };

  struct options {
    /// In a row; 0 is taken as 1.
    std::uint32_t failures_to_open = 5;
    std::chrono::milliseconds first_pause{60'000};
    std::chrono::milliseconds longest_pause{3'600'000};
  };

  circuit_breaker() : circuit_breaker(options{}) {}
  explicit circuit_breaker(const options& chosen)
      : failures_to_open_(std::max<std::uint32_t>(1, chosen.failures_to_open)),
        pauses_(chosen.first_pause, chosen.longest_pause) {}

  /// Whether a call may be made now; true lets it through, and its end is to be reported.
  bool lets_through(moment now) {
    if (state_ == state::closed)
      return true;
    if (now < next_)
      return false;
    state_ = state::half_open;
    // A probe of which nobody hears again is not waited for longer than that.
    next_ = now + pause();
    return true;
  }

  void succeeded() {
    state_ = state::closed;
    failures_ = 0;
    openings_ = 0;
  }

  void failed(moment now) {
    // While it is open these are the ends of calls from before.
    if (state_ == state::open)
      return;
    if (state_ == state::closed && ++failures_ < failures_to_open_)
      return;
    state_ = state::open;
    if (openings_ < UINT32_MAX)
      ++openings_;
    next_ = now + pause();
  }

  state current() const { return state_; }
  /// When lets_through() will say yes.
  moment next_try(moment now) const { return state_ == state::closed ? now : std::max(now, next_); }

private:
  std::chrono::milliseconds pause() const { return pauses_.after(openings_); }

  std::uint32_t failures_to_open_;
  back_off pauses_;
  state state_ = state::closed;
  /// In a row, while closed.
  std::uint32_t failures_ = 0;
  /// Since it was closed last.
  std::uint32_t openings_ = 0;
  moment next_{};
};

} // namespace mahavishnu::mcp
