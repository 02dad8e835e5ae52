// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"

#include <cstdio>
#include <ctime>

namespace mahavishnu {

namespace {

/// Takes what it reads from the front of a text; once something is not there, nothing is.
class front_reader {
public:
  explicit front_reader(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  void skip(char wanted) {
    good_ = good_ && next() == wanted;
    if (good_)
      rest_.remove_prefix(1);
  }

  /// Exactly so many digits, of a number up to `most`.
  int number(std::size_t digits, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits && good_; ++i)
      value = value * 10 + digit();
    good_ = good_ && value <= most;
    return value;
  }

  /// The digits behind a point; what is less than a thousandth does not count.
  std::chrono::milliseconds fraction() {
    int value = digit();
    int digits = 1;
    for (; good_ && is_digit(next()); ++digits) {
      auto more = digit();
      if (digits < 3)
        value = value * 10 + more;
    }
    for (; digits < 3; ++digits)
      value *= 10;
    return std::chrono::milliseconds{value};
  }

private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  int digit() {
    good_ = good_ && is_digit(next());
    if (!good_)
      return 0;
    int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool good_ = true;
};

} // namespace

std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> when) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  // Not by way of the clock: its nanoseconds end in 2262, and tokens of others do not.
  auto whole = static_cast<std::time_t>(seconds.time_since_epoch().count());
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[64];
  auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03dZ",
                static_cast<int>((when - seconds).count()));
  return text;
}

std::optional<std::chrono::sys_time<std::chrono::milliseconds>>
parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  front_reader from{text};
  auto y = from.number(4, 9999);
  from.skip('-');
  auto m = from.number(2, 12);
  from.skip('-');
  auto d = from.number(2, 31);
  year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!from.good() || !date.ok())
    return std::nullopt;
  sys_time<milliseconds> moment = sys_days{date};
  if (from.at_end())
    return moment;
  from.skip(from.next() == ' ' || from.next() == 't' ? from.next() : 'T');
  moment += hours{from.number(2, 23)};
  from.skip(':');
  moment += minutes{from.number(2, 59)};
  if (from.next() == ':') {
    from.skip(':');
    moment += seconds{from.number(2, 60)}; // there are leap seconds
    if (from.next() == '.') {
      from.skip('.');
      moment += from.fraction();
    }
  }
  if (from.next() == 'Z' || from.next() == 'z') {
    from.skip(from.next());
  } else if (from.next() == '+' || from.next() == '-') {
    auto sign = from.next();
    from.skip(sign);
    minutes ahead = hours{from.number(2, 23)};
    from.skip(':');
    ahead += minutes{from.number(2, 59)};
    moment -= sign == '+' ? ahead : -ahead;
  }
  if (!from.good() || !from.at_end())
    return std::nullopt;
  return moment;
}

} // namespace mahavishnu
