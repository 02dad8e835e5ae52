// SPDX-License-Identifier: MIT
#include "base/moment_text.hpp"

#include "base/rfc3339.hpp"

#include <charconv>
#include <optional>

namespace mahavishnu {

namespace {

std::optional<std::chrono::seconds> unit_of(char letter) {
  using namespace std::chrono;
  switch (letter) {
  case 's': return 1s;
  case 'm': return 1min;
  case 'h': return 1h;
  case 'd': return days{1};
  case 'w': return weeks{1};
  default: return std::nullopt;
  }
}

/// `2h` and the like; so long that it reaches back before 1970 is nothing.
std::optional<std::chrono::seconds> time_ago(std::string_view text) {
  if (text.size() < 2)
    return std::nullopt;
  auto unit = unit_of(text.back());
  std::uint32_t count = 0;
  const auto* end = text.data() + text.size() - 1;
  auto read = std::from_chars(text.data(), end, count);
  if (!unit || read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return *unit * static_cast<std::int64_t>(count);
}

} // namespace

result<void> read_moment(const std::string& whose, const std::string& text,
                         std::chrono::milliseconds& since_1970) {
  if (text.empty())
    return {};
  auto parsed = parse_moment(whose, text, std::chrono::system_clock::now());
  if (!parsed)
    return parsed.error();
  since_1970 = parsed->time_since_epoch();
  return {};
}

result<moment_in_time> parse_moment(const std::string& whose, std::string_view text,
                                    std::chrono::system_clock::time_point now) {
  auto present = std::chrono::floor<std::chrono::milliseconds>(now);
  if (auto ago = time_ago(text); ago && *ago <= present.time_since_epoch())
    return present - *ago;
  if (auto moment = parse_rfc3339(text))
    return *moment;
  return error{errc::invalid_argument,
               whose + " '" + std::string{text} +
                   "' is no moment; give how long ago (30m, 2h, 7d), a day (2026-11-21), or a "
                   "time (2026-11-21T08:00:00Z)"};
}

} // namespace mahavishnu
