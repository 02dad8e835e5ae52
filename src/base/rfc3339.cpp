// SPDX-License-Identifier: MIT
#include "base/rfc3339.hpp"

#include <cstdio>
#include <ctime>

namespace mahavishnu {

std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> when) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  auto whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[64];
  auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03dZ",
                static_cast<int>((when - seconds).count()));
  return text;
}

} // namespace mahavishnu
