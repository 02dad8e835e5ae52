// SPDX-License-Identifier: MIT
#include "cli/progress_line.hpp"

#include "cli/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <utility>

namespace mahavishnu::cli {

namespace {

constexpr std::size_t widest_bar = 30;
constexpr std::size_t narrowest_bar = 8;
/// Before that, a rate says nothing.
constexpr std::chrono::milliseconds soonest_rate{200};

std::string rate_text(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), rate < 100 ? "%.1f/s" : "%.0f/s", rate);
  return text.data();
}

std::string bar(double share, std::size_t width) {
  auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "] ";
}

} // namespace

std::string progress_text(const progress_counts& counts, std::chrono::nanoseconds elapsed,
                          std::size_t width, bool with_bar) {
  auto number = [](std::uint64_t value) { return std::to_string(value); };
  auto text = number(counts.done);
  if (counts.total)
    text += "/" + number(*counts.total);
  text += " done, " + number(counts.running) + " running, " + number(counts.queued) + " queued, " +
          number(counts.failed) + " failed";
  auto own = counts.done - std::min(counts.done, counts.before);
  auto time = std::chrono::duration<double>(elapsed).count();
  if (own > 0 && elapsed >= soonest_rate) {
    auto rate = static_cast<double>(own) / time;
    text += ", " + rate_text(rate);
    if (counts.total && *counts.total > counts.done)
      text += ", " +
              age(std::chrono::nanoseconds{static_cast<std::int64_t>(
                  static_cast<double>(*counts.total - counts.done) / rate * 1e9)}) +
              " left";
  }
  if (with_bar && counts.total && *counts.total > 0) {
    auto share =
        std::min(1.0, static_cast<double>(counts.done) / static_cast<double>(*counts.total));
    auto percent = number(static_cast<std::uint64_t>(share * 100)) + "% ";
    percent.insert(0, 5 - std::min<std::size_t>(5, percent.size()), ' ');
    auto taken = text.size() + percent.size() + 3; // brackets, space
    auto room = width == 0 ? widest_bar : width - std::min(width, taken);
    text = percent + text;
    if (room >= narrowest_bar)
      text = bar(share, std::min(room, widest_bar)) + text;
  }
  return width == 0 ? text : fit(text, width);
}

progress_line::options progress_line::on_standard_error(bool is_quiet) {
  options how;
  how.is_shown = !is_quiet;
  const auto* terminal = std::getenv("TERM");
  how.is_live = ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && *terminal != '\0' &&
                std::string_view{terminal} != "dumb";
  how.width = [] { return terminal_width_of(STDERR_FILENO); };
  return how;
}

std::chrono::milliseconds progress_line::pause(clock::time_point now) const {
  if (!how_.is_shown)
    return interval();
  auto next = last_ + interval();
  return std::max(std::chrono::milliseconds{0},
                  std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

void progress_line::say(const progress_counts& counts, clock::time_point now) {
  auto width = how_.width != nullptr ? how_.width() : 0;
  // A line that fills the last column wraps on some terminals.
  auto text =
      progress_text(counts, now - begin_, how_.is_live && width > 1 ? width - 1 : 0, how_.with_bar);
  end_text();
  if (how_.is_live)
    *to_ << "\r\x1b[K" << text << std::flush;
  else
    *to_ << text << std::endl;
  last_ = now;
  stands_ = how_.is_live;
  is_hidden_ = false;
}

void progress_line::show(const progress_counts& counts, clock::time_point now) {
  if (how_.is_shown && (is_hidden_ || now - last_ >= interval()))
    say(counts, now);
}

void progress_line::finish(const progress_counts& counts, clock::time_point now) {
  // Short work that was never spoken of needs no last word either.
  if (!how_.is_shown ||
      (!stands_ && !is_hidden_ && (how_.is_live || now - begin_ < plain_interval)))
    return;
  say(counts, now);
  if (how_.is_live)
    *to_ << '\n' << std::flush;
  stands_ = false;
}

void progress_line::hide() {
  if (!stands_)
    return;
  wipe();
  is_hidden_ = true;
}

void progress_line::wipe() {
  if (stands_.exchange(false))
    *to_ << "\r\x1b[K" << std::flush;
}

void progress_line::end_text() {
  if (std::exchange(is_after_text_, false))
    *to_ << '\n' << std::flush;
}

} // namespace mahavishnu::cli
