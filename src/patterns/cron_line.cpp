// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/cron_line.hpp"

#include "base/text.hpp"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <span>
#include <vector>

namespace mahavishnu {

namespace {

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct field {
  std::string_view name;
  int lowest;
  int highest;
  /// What the values are called, the lowest one first.
  std::span<const std::string_view> names;
  std::string_view example;
};

constexpr std::array<field, 5> fields{{{"minute", 0, 59, {}, "0"},
                                       {"hour", 0, 23, {}, "8-18"},
                                       {"day-of-month", 1, 31, {}, "1,15"},
                                       {"month", 1, 12, month_names, "JAN-MAR"},
                                       {"day-of-week", 0, 7, day_names, "MON-FRI"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> shorthands{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

constexpr std::size_t longest_line = 1000;
constexpr std::uint64_t all_hours = (std::uint64_t{1} << 24) - 1;
/// No line is due more rarely: 29 February comes on each day of the week within 40 years.
constexpr int years_to_look = 41;
/// Before the end of what system_clock can count.
constexpr int last_year = 2261;

std::string quoted(std::string_view text) {
  return "'" + std::string{first_bytes(text, 60)} + "'";
}

bool has(std::uint64_t set, int value) {
  return ((set >> value) & 1) != 0;
}

/// The lowest value from `from` on.
std::optional<int> first_from(std::uint64_t set, int from) {
  if (from > 63 || (set >> from) == 0)
    return {};
  return from + std::countr_zero(set >> from);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    auto end = text.find_first_of(separators, at);
    parts.push_back(text.substr(at, end - at));
    if (end == text.npos)
      return parts;
    at = end + 1;
  }
}

/// Reads one field; says what is wrong with which part of it.
class field_reader {
public:
  field_reader(const field& which, std::string_view text) : field_(which), text_(text) {}

  result<std::uint64_t> read() const {
    std::uint64_t set = 0;
    for (auto part : split(text_, ",")) {
      auto read = read_part(part);
      if (!read)
        return read.error();
      set |= *read;
    }
    if (field_.highest == 7 && has(set, 7)) // Sunday
      set = (set | 1) & ~(std::uint64_t{1} << 7);
    return set;
  }

private:
  error wrong(std::string_view part, const std::string& reason) const {
    return {errc::invalid_argument,
            "the " + std::string{field_.name} + " " + quoted(part) + " of a cron line " + reason};
  }
  std::string bounds() const {
    return std::to_string(field_.lowest) + "-" + std::to_string(field_.highest);
  }

  result<int> read_value(std::string_view part, std::string_view text) const {
    if (text.empty())
      return wrong(part,
                   "lacks a value; write * or values as in '" + std::string{field_.example} + "'");
    int value = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool is_number = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number && end == text.data() + text.size()) {
      if (failure == std::errc{} && value >= field_.lowest && value <= field_.highest)
        return value;
      return wrong(part, "is out of range; take " + bounds());
    }
    auto lower = to_lower(text);
    auto found = std::ranges::find(field_.names, lower);
    if (found != field_.names.end())
      return field_.lowest + static_cast<int>(found - field_.names.begin());
    std::string known =
        field_.names.empty() ? "" : " or a name as in '" + std::string{field_.example} + "'";
    return wrong(part, "is neither *, a number, a range nor a list; take " + bounds() + known);
  }

  result<std::uint64_t> read_part(std::string_view part) const {
    auto slash = part.find('/');
    auto range = part.substr(0, slash);
    auto dash = range.find('-');
    int low = field_.lowest;
    int high = field_.highest == 7 ? 6 : field_.highest;
    if (range != "*") {
      auto first = read_value(part, range.substr(0, dash));
      if (!first)
        return first.error();
      auto last = dash == range.npos ? first : read_value(part, range.substr(dash + 1));
      if (!last)
        return last.error();
      low = *first;
      high = *last;
      if (field_.highest == 7 && high == 0 && low > 0) // FRI-SUN
        high = 7;
    }
    if (low > high)
      return wrong(part, "runs backwards; write two ranges, '" + std::to_string(low) + "-" +
                             std::to_string(field_.highest) + "," + std::to_string(field_.lowest) +
                             "-" + std::to_string(high) + "'");
    int step = 1;
    if (slash != part.npos) {
      if (range != "*" && dash == range.npos)
        return wrong(part, "has a step but no range; write '" + std::to_string(low) + "-" +
                               std::to_string(field_.highest) +
                               std::string{first_bytes(part.substr(slash), 20)} + "'");
      auto read = read_step(part, part.substr(slash + 1));
      if (!read)
        return read.error();
      step = *read;
    }
    std::uint64_t set = 0;
    for (int value = low; value <= high; value += step)
      set |= std::uint64_t{1} << value;
    return set;
  }

  /// A step past the whole field would silently mean "once".
  result<int> read_step(std::string_view part, std::string_view text) const {
    int step = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size() || step < 1 ||
        step > field_.highest)
      return wrong(part,
                   "has no good step behind '/'; take 1 to " + std::to_string(field_.highest));
    return step;
  }

  const field& field_;
  std::string_view text_;
};

result<absl::TimeZone> load_zone(std::string_view name) {
  if (name == "UTC")
    return absl::UTCTimeZone();
  if (name == "local")
    return absl::LocalTimeZone();
  // Names are paths below the database and must not lead out of it.
  bool is_name = !name.empty() && name.size() <= 100 && name.front() != '/' &&
                 std::ranges::all_of(name, [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
                 });
  absl::TimeZone zone;
  if (is_name && absl::LoadTimeZone(std::string{name}, &zone))
    return zone;
  return error{errc::invalid_argument,
               "there is no time zone " + quoted(name) +
                   "; take UTC, local or a name as Europe/Berlin (package tzdata)"};
}

int days_of(int month) {
  constexpr std::array<int, 12> days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days.at(static_cast<std::size_t>(month - 1));
}

absl::CivilMinute first_minute_from(absl::CivilSecond second) {
  absl::CivilMinute minute{second};
  return absl::CivilSecond{minute} == second ? minute : minute + 1;
}

} // namespace

struct cron_line::time_zone {
  absl::TimeZone zone;
};

/// Goes through the wall clock of a zone.
struct cron_line::walk {
  const cron_line& line;
  absl::CivilDay last_day;

  bool fits_day(absl::CivilDay day) const {
    bool fits_month_day = has(line.days_, day.day());
    // absl counts from Monday.
    auto weekday = (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
    bool fits_weekday = has(line.weekdays_, weekday);
    return line.either_day_fits_ ? fits_month_day || fits_weekday : fits_month_day && fits_weekday;
  }

  /// The first minute of the wall clock, from that one on, that fits.
  std::optional<absl::CivilMinute> first_fit(absl::CivilMinute from) const {
    for (absl::CivilDay day{from}; day <= last_day;) {
      if (!has(line.months_, day.month())) {
        day = absl::CivilDay{absl::CivilMonth{day} + 1};
        continue;
      }
      if (fits_day(day))
        if (auto found = first_fit_of(day, from))
          return found;
      ++day;
    }
    return {};
  }

  std::optional<absl::CivilMinute> first_fit_of(absl::CivilDay day, absl::CivilMinute from) const {
    bool is_first_day = day == absl::CivilDay{from};
    for (auto hour = first_from(line.hours_, is_first_day ? from.hour() : 0); hour;
         hour = first_from(line.hours_, *hour + 1)) {
      bool is_first_hour = is_first_day && *hour == from.hour();
      if (auto minute = first_from(line.minutes_, is_first_hour ? from.minute() : 0))
        return absl::CivilMinute{day.year(), day.month(), day.day(), *hour, *minute};
    }
    return {};
  }
};

result<cron_line> cron_line::parse(std::string_view line, std::string_view zone) {
  auto loaded = load_zone(zone);
  if (!loaded)
    return loaded.error();
  if (line.size() > longest_line)
    return error{errc::invalid_argument, "a cron line has " + std::to_string(line.size()) +
                                             " bytes; no more than " +
                                             std::to_string(longest_line) + " are read"};
  std::vector<std::string_view> words;
  for (auto word : split(line, " \t"))
    if (!word.empty())
      words.push_back(word);

  cron_line parsed;
  parsed.text_ = line;
  parsed.zone_name_ = zone;
  parsed.zone_ = std::make_shared<const time_zone>(time_zone{*loaded});
  if (words.size() == 1 && words[0].front() == '@') {
    auto lower = to_lower(words[0]);
    auto found = std::ranges::find(shorthands, std::string_view{lower},
                                   &std::pair<std::string_view, std::string_view>::first);
    if (found == shorthands.end())
      return error{errc::invalid_argument,
                   "the cron line " + quoted(line) +
                       " is unknown; take @hourly, @daily, @weekly, @monthly or @yearly"};
    words = split(found->second, " ");
  }
  if (words.size() != fields.size())
    return error{errc::invalid_argument,
                 "the cron line " + quoted(line) + " has " + std::to_string(words.size()) +
                     " fields; write five: minute hour day-of-month month day-of-week"};

  std::array<std::uint64_t*, 5> sets{&parsed.minutes_, &parsed.hours_, &parsed.days_,
                                     &parsed.months_, &parsed.weekdays_};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto read = field_reader{fields.at(i), words[i]}.read();
    if (!read)
      return read.error();
    *sets.at(i) = *read;
  }
  parsed.minutes_start_with_star_ = words[0].starts_with('*');
  parsed.either_day_fits_ = !words[2].starts_with('*') && !words[4].starts_with('*');

  int longest_month = 0;
  for (int month = 1; month <= 12; ++month)
    if (has(parsed.months_, month))
      longest_month = std::max(longest_month, days_of(month));
  if (!parsed.either_day_fits_ && std::countr_zero(parsed.days_) > longest_month)
    return error{errc::invalid_argument, "the day-of-month " + quoted(words[2]) +
                                             " of a cron line never comes in the month " +
                                             quoted(words[3]) + "; take another day or month"};
  return parsed;
}

bool cron_line::is_every_hour() const {
  return hours_ == all_hours;
}

std::optional<cron_line::time_point> cron_line::next_after(time_point time) const {
  const auto& zone = zone_->zone;
  // A stretch of time over which the wall clock runs evenly: `civil` at `start`.
  auto start = absl::FromTimeT(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() /
                               std::chrono::seconds{1});
  auto civil = zone.At(start).cs;
  walk wall{*this, absl::CivilDay{civil}};
  auto end_year = std::min<absl::civil_year_t>(civil.year() + years_to_look, last_year);
  wall.last_day = absl::CivilDay{end_year, 12, 31};
  bool goes_through_both = is_every_hour() || minutes_start_with_star_;

  auto from = absl::CivilMinute{civil} + 1;
  for (;;) {
    absl::TimeZone::CivilTransition change;
    bool changes = zone.NextTransition(start, &change);
    auto change_at = absl::InfiniteFuture();
    if (changes)
      change_at = start + absl::Seconds(change.from - civil);

    auto fit = wall.first_fit(from);
    for (; fit; fit = wall.first_fit(*fit + 1)) {
      absl::CivilSecond second{*fit};
      auto when = start + absl::Seconds(second - civil);
      if (when >= change_at)
        break;
      auto known = zone.At(second);
      bool is_second_time = known.kind == absl::TimeZone::TimeInfo::REPEATED && when != known.pre;
      if (!is_second_time || goes_through_both)
        return absl::ToChronoTime(when);
    }
    if (!fit || !changes)
      return {};
    bool left_out = absl::CivilSecond{*fit} < change.to; // it is not before the change
    if (left_out && !is_every_hour())
      return absl::ToChronoTime(change_at);
    start = change_at;
    civil = change.to;
    from = first_minute_from(civil);
  }
}

} // namespace mahavishnu
