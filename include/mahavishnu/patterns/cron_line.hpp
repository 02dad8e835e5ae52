// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu {

/// When something is to run, as the five fields of cron say it: minute, hour, day of the month,
/// month, day of the week. A field is `*`, numbers, ranges, lists of these, with steps (`*/15`,
/// `8-18/2`); months and days have names (`JAN`, `MON`), Sunday is 0 and 7. Or one of `@hourly`,
/// `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
///
/// Days: when both the day of the month and the day of the week are restricted (do not start with
/// `*`), one of them has to fit; else both have to.
///
/// Where clocks change:
/// - A time that a change leaves out is due at the first moment after the gap. Lines of every hour
///   just go on, since their next hour comes anyway.
/// - A time that comes twice is due the first time only. Lines of every hour, and those whose
///   minutes start with `*`, go on through both.
class cron_line {
public:
  using time_point = std::chrono::system_clock::time_point;

  /// `zone` is a name of the time-zone database ("Europe/Berlin"), "UTC", or "local" for the zone
  /// of this machine.
  static result<cron_line> parse(std::string_view line, std::string_view zone = "UTC");

  /// The first moment after `time` at which it is due; nothing when there is none that the clock
  /// can tell.
  std::optional<time_point> next_after(time_point time) const;

  /// As they were given.
  const std::string& text() const { return text_; }
  const std::string& zone() const { return zone_name_; }

  friend bool operator==(const cron_line& a, const cron_line& b) {
    return a.text_ == b.text_ && a.zone_name_ == b.zone_name_;
  }

private:
  struct time_zone;
  struct walk;

  cron_line() = default;

  bool is_every_hour() const;
  /// A bit for each value that fits.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool minutes_start_with_star_ = false;
  bool either_day_fits_ = false;
  std::shared_ptr<const time_zone> zone_;
  std::string zone_name_;
  std::string text_;
};

} // namespace mahavishnu
