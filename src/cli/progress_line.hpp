// SPDX-License-Identifier: MIT
#pragma once

#include "cli/look.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace mahavishnu::cli {

/// How far some work has come.
struct progress_counts {
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  /// Ended, whichever way.
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  /// Where it is known.
  std::optional<std::uint64_t> total;
  /// Of `done`, what an earlier run has done; no part of the rate.
  std::uint64_t before = 0;
};

/// `12/100 done, 8 running, 80 queued, 1 failed, 35.1/s, 3s left`, and with a bar before it where
/// that is wanted and a total is known; cut to the width, if there is one.
std::string progress_text(const progress_counts& counts, std::chrono::nanoseconds elapsed,
                          std::size_t width = 0, bool with_bar = false);

/// Says on standard error how it goes: a line that changes on a terminal that can, and elsewhere a
/// line every few seconds.
class progress_line {
public:
  using clock = std::chrono::steady_clock;

  struct options {
    bool is_shown = true;
    bool with_bar = false;
    /// Whether the terminal can go back to the start of a line and clear it.
    bool is_live = false;
    /// Columns, asked anew each time, since windows change.
    std::size_t (*width)() = nullptr;
  };
  /// For standard error as it is: live on a terminal unless TERM is dumb.
  static options on_standard_error(bool is_quiet);

  progress_line(std::ostream& to, options how, clock::time_point now)
      : to_(&to), how_(how), begin_(now), last_(now) {}

  /// Says it if it is time.
  void show(const progress_counts& counts, clock::time_point now);
  /// Says it for the last time: a live line is left as it stands.
  void finish(const progress_counts& counts, clock::time_point now);
  /// Makes room for other text on the terminal; the next `show` brings the line back at once.
  void hide();
  /// The last of all, from another thread: takes it away, and nothing more is said.
  void wipe();
  /// What stands on the terminal has no end of line yet: the next text must not be put over it.
  void text_is_open(bool is_open) { is_after_text_ = is_open; }
  /// Ends that line, for other text.
  void end_text();

  bool is_live() const { return how_.is_shown && how_.is_live; }
  /// How long nothing will be said.
  std::chrono::milliseconds pause(clock::time_point now) const;

  static constexpr std::chrono::milliseconds live_interval{200};
  static constexpr std::chrono::seconds plain_interval{5};

private:
  std::chrono::milliseconds interval() const {
    return how_.is_live ? live_interval : std::chrono::milliseconds{plain_interval};
  }
  void say(const progress_counts& counts, clock::time_point now);

  std::ostream* to_;
  options how_;
  clock::time_point begin_;
  clock::time_point last_;
  std::atomic<bool> stands_ = false;
  bool is_after_text_ = false;
  bool is_hidden_ = false;
};

} // namespace mahavishnu::cli
