// SPDX-License-Identifier: MIT
// Cron lines of strangers: either refused with a reason that is text, or due at moments that come
// after each other and are whole minutes, or the end of a gap.
#include "mahavishnu/patterns/cron_line.hpp"

#include "base/text.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mahavishnu;
  constexpr std::array<std::string_view, 5> zones{"UTC", "Europe/Berlin", "America/New_York",
                                                  "Australia/Lord_Howe", "Pacific/Apia"};
  if (size < 5)
    return 0;
  std::int32_t start = 0;
  std::memcpy(&start, data + 1, sizeof start);
  std::string_view text{reinterpret_cast<const char*>(data) + 5, size - 5};
  auto line = cron_line::parse(text, zones.at(data[0] % zones.size()));
  if (!line) {
    require(line.error().code == errc::invalid_argument);
    require(!line.error().message.empty() && line.error().message.size() < 400);
    return 0;
  }
  cron_line::time_point time{std::chrono::seconds{start}};
  for (int i = 0; i < 4; ++i) {
    auto next = line->next_after(time);
    require(next.has_value());
    require(*next > time);
    require(next->time_since_epoch() % std::chrono::seconds{1} == std::chrono::seconds{0});
    // Nothing is due between: asked in between, it says the same.
    require(line->next_after(time + (*next - time) / 2) == next);
    time = *next;
  }
  return 0;
}
