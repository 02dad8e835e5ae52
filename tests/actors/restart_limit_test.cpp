// SPDX-License-Identifier: MIT
#include "actors/restart_limit.hpp"
#include "support/catch.hpp"

#include <random>
#include <vector>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {
const moment start = moment{} + 1h;
}

TEST_CASE("a fresh limit allows a restart now") {
  restart_limit limit{1, 10s};
  CHECK(limit.allows(start));
  CHECK(limit.next(start) == start);
  CHECK(limit.recent(start) == 0);
}

TEST_CASE("so many restarts are allowed within the window and the next one when the first leaves") {
  restart_limit limit{3, 10s};
  for (auto at : {start, start + 2s, start + 4s}) {
    CHECK(limit.allows(at));
    limit.record(at);
  }
  CHECK(limit.recent(start + 4s) == 3);
  CHECK_FALSE(limit.allows(start + 4s));
  CHECK(limit.next(start + 4s) == start + 10s);
  CHECK_FALSE(limit.allows(start + 10s - 1ns));
  CHECK(limit.next(start + 10s - 1ns) == start + 10s);
  CHECK(limit.allows(start + 10s));
  CHECK(limit.next(start + 10s) == start + 10s);
  CHECK(limit.recent(start + 10s) == 2);
  limit.record(start + 10s);
  CHECK(limit.next(start + 11s) == start + 12s);
}

TEST_CASE("several restarts at one moment count one by one") {
  restart_limit limit{2, 5s};
  limit.record(start);
  CHECK(limit.allows(start));
  limit.record(start);
  CHECK_FALSE(limit.allows(start));
  CHECK(limit.recent(start + 5s) == 0);
}

TEST_CASE("asking changes nothing, and a late question does not make an early one wrong") {
  restart_limit limit{1, 5s};
  limit.record(start);
  CHECK(limit.allows(start + 1h));
  CHECK(limit.recent(start + 1h) == 0);
  CHECK_FALSE(limit.allows(start + 1s));
  CHECK(limit.next(start + 1s) == start + 5s);
}

TEST_CASE("restarts that were not allowed count too, and push the next one away") {
  restart_limit limit{2, 10s};
  for (int i = 0; i < 6; ++i)
    limit.record(start + i * 1s);
  CHECK(limit.recent(start + 5s) == 2);
  CHECK(limit.next(start + 5s) == start + 14s);
}

TEST_CASE("a limit of 0 never allows a restart") {
  restart_limit limit{0, 10s};
  CHECK_FALSE(limit.allows(start));
  CHECK(limit.next(start) == moment::max());
  limit.record(start);
  CHECK(limit.recent(start) == 0);
  CHECK_FALSE(limit.allows(start + 1000h));
  CHECK(limit.next(start + 1000h) == moment::max());
}

TEST_CASE("a window without length limits nothing") {
  for (auto window : {0s, -5s}) {
    restart_limit limit{1, window};
    limit.record(start);
    CHECK(limit.allows(start));
    CHECK(limit.next(start) == start);
  }
}

TEST_CASE("the longest window and the largest limit do not overflow") {
  restart_limit limit{UINT32_MAX, std::chrono::seconds::max()};
  limit.record(start);
  CHECK(limit.allows(start));
  CHECK(limit.recent(start + 24h * 365) == 1);
  restart_limit once{1, std::chrono::seconds::max()};
  once.record(start);
  CHECK_FALSE(once.allows(start + 24h * 365));
  CHECK(once.next(start) > start + 24h * 365);
  CHECK(once.next(start) < moment::max());
}

TEST_CASE("a restart limit agrees with a simple model under random restarts") {
  std::mt19937 random{test::seed()};
  for (int round = 0; round < 200; ++round) {
    auto most = 1 + random() % 6;
    auto window = std::chrono::seconds{1 + random() % 20};
    restart_limit limit{static_cast<std::uint32_t>(most), window};
    std::vector<moment> restarts;
    auto allowed = [&](moment at) {
      std::size_t recent = 0;
      for (auto each : restarts)
        recent += each + window > at;
      return recent < most;
    };
    auto now = start;
    for (int step = 0; step < 200; ++step) {
      now += std::chrono::milliseconds{random() % 3 * (random() % 3000)};
      REQUIRE(limit.allows(now) == allowed(now));
      auto next = limit.next(now);
      REQUIRE(next >= now);
      REQUIRE(allowed(next));
      REQUIRE((next == now || !allowed(next - 1ns)));
      if (allowed(now) || random() % 4 == 0) {
        limit.record(now);
        restarts.push_back(now);
      }
    }
  }
}
