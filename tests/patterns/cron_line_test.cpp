// SPDX-License-Identifier: MIT
#include "mahavishnu/patterns/cron_line.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <random>
#include <set>
#include <vector>

using namespace mahavishnu;
using namespace std::chrono_literals;
using time_point = cron_line::time_point;

namespace {

/// Has the C library speak of one zone: an opinion on time zones that is not ours.
class zone_of_process {
public:
  explicit zone_of_process(const std::string& name) {
    if (const char* before = std::getenv("TZ"))
      before_ = before;
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
  }
  ~zone_of_process() {
    if (before_)
      ::setenv("TZ", before_->c_str(), 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  zone_of_process(const zone_of_process&) = delete;
  zone_of_process& operator=(const zone_of_process&) = delete;

  static std::tm at(time_point time) {
    auto seconds = std::chrono::system_clock::to_time_t(time);
    std::tm wall{};
    ::localtime_r(&seconds, &wall);
    return wall;
  }

private:
  std::optional<std::string> before_;
};

std::string text_of(time_point time, const std::string& zone) {
  const zone_of_process here{zone};
  auto wall = zone_of_process::at(time);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%F %T %z", &wall)};
}

time_point utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  std::chrono::sys_days date{std::chrono::year{year} / month / day};
  return date + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

/// The next moments after `time`, as the wall clock of the zone shows them.
std::vector<std::string> next(std::string_view line, const std::string& zone, time_point time,
                              std::size_t count) {
  auto parsed = cron_line::parse(line, zone);
  REQUIRE(parsed.has_value());
  std::vector<std::string> moments;
  while (moments.size() < count) {
    auto found = parsed->next_after(time);
    REQUIRE(found.has_value());
    moments.push_back(text_of(*found, zone));
    time = *found;
  }
  return moments;
}

std::string refusal(std::string_view line, std::string_view zone = "UTC") {
  auto parsed = cron_line::parse(line, zone);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == errc::invalid_argument);
  return parsed.error().message;
}

using moments = std::vector<std::string>;

} // namespace

TEST_CASE("a cron line is due at the minutes that fit all of its fields") {
  auto friday = utc(2026, 11, 20, 12, 7, 30);
  CHECK(next("*/15 * * * *", "UTC", friday, 2) ==
        moments{"2026-11-20 12:15:00 +0000", "2026-11-20 12:30:00 +0000"});
  CHECK(next("0 8-18/5 * * *", "UTC", friday, 3) == moments{"2026-11-20 13:00:00 +0000",
                                                            "2026-11-20 18:00:00 +0000",
                                                            "2026-11-21 08:00:00 +0000"});
  CHECK(next("30 6 * jan,DEC Mon-fri", "UTC", friday, 2) ==
        moments{"2026-12-01 06:30:00 +0000", "2026-12-02 06:30:00 +0000"});
  CHECK(next("0 0 29 2 *", "UTC", friday, 2) ==
        moments{"2028-02-29 00:00:00 +0000", "2032-02-29 00:00:00 +0000"});
  CHECK(next("  5\t4 31 *  * ", "UTC", friday, 2) ==
        moments{"2026-12-31 04:05:00 +0000", "2027-01-31 04:05:00 +0000"});
}

TEST_CASE("a cron line is never due at the moment that it is asked about") {
  auto line = cron_line::parse("30 12 * * *").value();
  auto noon = utc(2026, 11, 20, 12, 30);
  CHECK(line.next_after(noon - 1ns) == noon);
  CHECK(line.next_after(noon) == noon + 24h);
  CHECK(line.next_after(noon + 59s) == noon + 24h);
}

TEST_CASE("Sunday is 0, 7 and SUN, and a range of days may end with it") {
  auto saturday = utc(2026, 11, 21, 1);
  for (auto line : {"0 0 * * 0", "0 0 * * 7", "0 0 * * SUN", "0 0 * * 7-7"})
    CHECK(next(line, "UTC", saturday, 2) ==
          moments{"2026-11-22 00:00:00 +0000", "2026-11-29 00:00:00 +0000"});
  for (auto line : {"0 0 * * FRI-SUN", "0 0 * * 5-7", "0 0 * * 5-0"})
    CHECK(next(line, "UTC", saturday, 2) ==
          moments{"2026-11-22 00:00:00 +0000", "2026-11-27 00:00:00 +0000"});
}

TEST_CASE(
    "either day fits when both are restricted, and both have to when one starts with a star") {
  auto start = utc(2026, 11, 1, 12); // a Sunday
  CHECK(next("0 0 13 * FRI", "UTC", start, 3) == moments{"2026-11-06 00:00:00 +0000",
                                                         "2026-11-13 00:00:00 +0000",
                                                         "2026-11-20 00:00:00 +0000"});
  CHECK(next("0 0 1,13 * FRI", "UTC", utc(2026, 11, 28), 2) ==
        moments{"2026-12-01 00:00:00 +0000", "2026-12-04 00:00:00 +0000"});
  // Odd days that are Mondays.
  CHECK(next("0 0 */2 * MON", "UTC", start, 2) ==
        moments{"2026-11-09 00:00:00 +0000", "2026-11-23 00:00:00 +0000"});
}

TEST_CASE("the short names of cron are lines") {
  auto start = utc(2026, 11, 20, 12, 7);
  CHECK(next("@hourly", "UTC", start, 1) == moments{"2026-11-20 13:00:00 +0000"});
  CHECK(next("@daily", "UTC", start, 1) == moments{"2026-11-21 00:00:00 +0000"});
  CHECK(next("@midnight", "UTC", start, 1) == moments{"2026-11-21 00:00:00 +0000"});
  CHECK(next("@Weekly", "UTC", start, 1) == moments{"2026-11-22 00:00:00 +0000"});
  CHECK(next("@monthly", "UTC", start, 1) == moments{"2026-12-01 00:00:00 +0000"});
  CHECK(next("@yearly", "UTC", start, 1) == moments{"2027-01-01 00:00:00 +0000"});
  CHECK(next("@annually", "UTC", start, 1) == moments{"2027-01-01 00:00:00 +0000"});
}

TEST_CASE("a time that a change of the clock leaves out is due when the gap ends") {
  // 2026-03-29, 02:00 to 03:00
  auto before = utc(2026, 3, 28, 12);
  CHECK(next("30 2 * * *", "Europe/Berlin", before, 3) == moments{"2026-03-29 03:00:00 +0200",
                                                                  "2026-03-30 02:30:00 +0200",
                                                                  "2026-03-31 02:30:00 +0200"});
  CHECK(next("*/20 2 * * *", "Europe/Berlin", before, 2) ==
        moments{"2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200"});
  // 2026-10-04, 02:00 to 02:30
  CHECK(next("15 2 * * *", "Australia/Lord_Howe", utc(2026, 10, 3, 12), 2) ==
        moments{"2026-10-04 02:30:00 +1100", "2026-10-05 02:15:00 +1100"});
  // 2011-12-30, all of it
  CHECK(next("0 12 * * *", "Pacific/Apia", utc(2011, 12, 29, 23), 3) ==
        moments{"2011-12-31 00:00:00 +1400", "2011-12-31 12:00:00 +1400",
                "2012-01-01 12:00:00 +1400"});
}

TEST_CASE("a line of every hour goes on over a gap without one more run") {
  CHECK(next("30 * * * *", "Europe/Berlin", utc(2026, 3, 29, 0), 2) ==
        moments{"2026-03-29 01:30:00 +0100", "2026-03-29 03:30:00 +0200"});
  CHECK(next("*/20 * * * *", "Australia/Lord_Howe", utc(2026, 10, 3, 15, 5), 3) ==
        moments{"2026-10-04 01:40:00 +1030", "2026-10-04 02:40:00 +1100",
                "2026-10-04 03:00:00 +1100"});
}

TEST_CASE("a time that comes twice is due once, unless the line runs every few minutes or hourly") {
  // 2026-10-25, 03:00 back to 02:00
  auto before = utc(2026, 10, 24, 23, 50);
  CHECK(next("30 2 * * *", "Europe/Berlin", before, 2) ==
        moments{"2026-10-25 02:30:00 +0200", "2026-10-26 02:30:00 +0100"});
  CHECK(next("0,30 2-3 * * *", "Europe/Berlin", before, 4) ==
        moments{"2026-10-25 02:00:00 +0200", "2026-10-25 02:30:00 +0200",
                "2026-10-25 03:00:00 +0100", "2026-10-25 03:30:00 +0100"});
  CHECK(next("*/30 2 * * *", "Europe/Berlin", before, 5) ==
        moments{"2026-10-25 02:00:00 +0200", "2026-10-25 02:30:00 +0200",
                "2026-10-25 02:00:00 +0100", "2026-10-25 02:30:00 +0100",
                "2026-10-26 02:00:00 +0100"});
  CHECK(next("15 * * * *", "Europe/Berlin", before, 3) == moments{"2026-10-25 02:15:00 +0200",
                                                                  "2026-10-25 02:15:00 +0100",
                                                                  "2026-10-25 03:15:00 +0100"});
  // Asked in the second pass.
  CHECK(next("45 2 * * *", "Europe/Berlin", utc(2026, 10, 25, 1, 10), 1) ==
        moments{"2026-10-26 02:45:00 +0100"});
}

TEST_CASE("the rules of a zone go on after the end of its tables") {
  CHECK(next("30 2 * * *", "Europe/Berlin", utc(2099, 3, 28, 12), 2) ==
        moments{"2099-03-29 03:00:00 +0200", "2099-03-30 02:30:00 +0200"});
  CHECK(cron_line::parse("* * * * *")->next_after(time_point::max()) == std::nullopt);
  CHECK(cron_line::parse("* * * * *")->next_after(time_point::min()));
}

TEST_CASE("a line that is due once in decades is found") {
  // 29 February on a Saturday or Sunday.
  CHECK(next("0 0 29 2 */6", "UTC", utc(2076, 3, 1), 2) ==
        moments{"2088-02-29 00:00:00 +0000", "2116-02-29 00:00:00 +0000"});
}

TEST_CASE("the zone of this machine is the one that its processes have") {
  const zone_of_process here{"Asia/Kolkata"};
  auto line = cron_line::parse("0 0 * * *", "local").value();
  auto found = line.next_after(utc(2026, 11, 20, 12));
  REQUIRE(found.has_value());
  CHECK(*found == utc(2026, 11, 20, 18, 30));
}

TEST_CASE("a bad cron line is told which field, why and what to write instead") {
  CHECK_THAT(refusal("60 * * * *"), ContainsSubstring("minute '60'") &&
                                        ContainsSubstring("out of range") &&
                                        ContainsSubstring("0-59"));
  CHECK_THAT(refusal("* 24 * * *"), ContainsSubstring("hour '24'"));
  CHECK_THAT(refusal("* * 0 * *"), ContainsSubstring("day-of-month '0'"));
  CHECK_THAT(refusal("* * * FOO *"),
             ContainsSubstring("month 'FOO'") && ContainsSubstring("JAN-MAR"));
  CHECK_THAT(refusal("* * * * MONDAY"), ContainsSubstring("day-of-week 'MONDAY'"));
  CHECK_THAT(refusal("MON * * * *"), ContainsSubstring("minute 'MON'"));
  CHECK_THAT(refusal("*/0 * * * *"),
             ContainsSubstring("minute '*/0'") && ContainsSubstring("step"));
  CHECK_THAT(refusal("*/90 * * * *"), ContainsSubstring("1 to 59"));
  CHECK_THAT(refusal("*/ * * * *"), ContainsSubstring("step"));
  CHECK_THAT(refusal("5/15 * * * *"), ContainsSubstring("'5-59/15'"));
  CHECK_THAT(refusal("50-10 * * * *"), ContainsSubstring("'50-59,0-10'"));
  CHECK_THAT(refusal("1,,2 * * * *"), ContainsSubstring("lacks a value"));
  CHECK_THAT(refusal("1- * * * *"), ContainsSubstring("lacks a value"));
  CHECK_THAT(refusal("-1 * * * *"), ContainsSubstring("lacks a value"));
  CHECK_THAT(refusal("+1 * * * *"), ContainsSubstring("minute '+1'"));
  CHECK_THAT(refusal("99999999999999999999 * * * *"), ContainsSubstring("out of range"));
  CHECK_THAT(refusal("* * L * *"), ContainsSubstring("day-of-month 'L'"));
  CHECK_THAT(refusal("* * * *"), ContainsSubstring("has 4 fields"));
  CHECK_THAT(refusal("0 * * * * *"), ContainsSubstring("has 6 fields"));
  CHECK_THAT(refusal(""), ContainsSubstring("has 0 fields"));
  CHECK_THAT(refusal("@reboot"), ContainsSubstring("@hourly"));
  CHECK_THAT(refusal("0 0 31 4,6 *"), ContainsSubstring("never comes"));
  CHECK_THAT(refusal("0 0 30 FEB *"), ContainsSubstring("never comes"));
  CHECK_THAT(refusal(std::string(2000, '1')), ContainsSubstring("2000 bytes"));
}

TEST_CASE("a day that never comes is no error beside a day of the week") {
  CHECK(next("0 0 30 2 MON", "UTC", utc(2027, 1, 1), 1) == moments{"2027-02-01 00:00:00 +0000"});
}

TEST_CASE("a zone that does not exist is refused, and so is one that leads out of the database") {
  for (auto zone : {"Europe/Atlantis", "", "../../etc/passwd", "/etc/localtime", "europe berlin"})
    CHECK_THAT(refusal("* * * * *", zone), ContainsSubstring("no time zone"));
}

namespace {

/// A line made of sets of values, which says itself what fits, so nothing depends on the parser.
struct random_line {
  std::array<std::set<int>, 5> values;
  std::array<std::string, 5> texts;

  explicit random_line(std::mt19937& random) {
    constexpr std::array<std::pair<int, int>, 5> bounds{
        {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};
    auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
    for (std::size_t i = 0; i < 5; ++i) {
      auto [low, high] = bounds.at(i);
      auto kind = below(i < 2 ? 4 : 6);
      if (kind == 0 || kind > 3) { // days and months that fit often
        texts.at(i) = "*";
        for (int v = low; v <= high; ++v)
          values.at(i).insert(v);
      } else if (kind == 1) {
        auto step = 1 + below(high);
        texts.at(i) = "*/" + std::to_string(step);
        for (int v = low; v <= high; v += step)
          values.at(i).insert(v);
      } else {
        auto count = kind == 2 ? 1 : 1 + below(5);
        for (int n = 0; n < count; ++n) {
          // Around the changes of the clock more often than not.
          auto value = i == 1 && below(2) == 0 ? 1 + below(3) : low + below(high - low + 1);
          values.at(i).insert(value);
          texts.at(i) += (n == 0 ? "" : ",") + std::to_string(value);
        }
      }
    }
  }

  std::string text() const {
    std::string line;
    for (const auto& each : texts)
      line += (line.empty() ? "" : " ") + each;
    return line;
  }
  bool every_hour() const { return values[1].size() == 24; }
  bool goes_through_both() const { return every_hour() || texts[0].starts_with('*'); }

  bool fits(const std::tm& wall) const {
    bool day = values[2].contains(wall.tm_mday);
    bool weekday = values[4].contains(wall.tm_wday);
    bool either = !texts[2].starts_with('*') && !texts[4].starts_with('*');
    return values[0].contains(wall.tm_min) && values[1].contains(wall.tm_hour) &&
           values[3].contains(wall.tm_mon + 1) && (either ? day || weekday : day && weekday);
  }
};

/// A time of the wall clock as if it were one of UTC.
time_point as_utc(std::tm wall) {
  return std::chrono::system_clock::from_time_t(::timegm(&wall));
}

bool is_due(const random_line& line, time_point minute) {
  auto wall = zone_of_process::at(minute);
  if (line.fits(wall)) {
    bool second_time = false;
    for (auto earlier : {30min, 60min})
      second_time = second_time || as_utc(zone_of_process::at(minute - earlier)) == as_utc(wall);
    if (!second_time || line.goes_through_both())
      return true;
  }
  if (line.every_hour())
    return false;
  for (auto left_out = as_utc(zone_of_process::at(minute - 1min)) + 1min; left_out < as_utc(wall);
       left_out += 1min) {
    auto seconds = std::chrono::system_clock::to_time_t(left_out);
    std::tm missing{};
    ::gmtime_r(&seconds, &missing);
    if (line.fits(missing))
      return true;
  }
  return false;
}

} // namespace

TEST_CASE("a cron line is due when a walk over all minutes finds it, in any zone") {
  std::mt19937 random{test::seed()};
  for (const std::string zone :
       {"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"}) {
    const zone_of_process here{zone};
    // The hours at which the clock changes, some of the time.
    std::vector<time_point> changes;
    for (auto hour = utc(2024, 1, 1); hour < utc(2029, 1, 1); hour += 1h)
      if (zone_of_process::at(hour).tm_gmtoff != zone_of_process::at(hour + 1h).tm_gmtoff)
        changes.push_back(hour);
    for (int round = 0; round < 60; ++round) {
      const random_line wanted{random};
      auto line = cron_line::parse(wanted.text(), zone);
      if (!line) {
        CHECK_THAT(line.error().message, ContainsSubstring("never comes"));
        continue;
      }
      auto start = utc(2024, 1, 1) + std::chrono::minutes{random() % (5 * 365 * 24 * 60)};
      if (!changes.empty() && round % 4 != 0)
        start = changes.at(random() % changes.size()) - std::chrono::minutes{random() % (26 * 60)};
      auto end = start + 48h;
      auto expected = line->next_after(start + std::chrono::seconds{random() % 60});
      for (auto minute = start + 1min; minute < end; minute += 1min) {
        if (!is_due(wanted, minute))
          continue;
        INFO(wanted.text() << " in " << zone << " after " << start.time_since_epoch().count());
        REQUIRE(expected.has_value());
        REQUIRE(*expected == minute);
        expected = line->next_after(minute);
      }
      INFO(wanted.text() << " in " << zone << " after " << start.time_since_epoch().count());
      REQUIRE((!expected || *expected >= end));
    }
  }
}
