// SPDX-License-Identifier: MIT
#include "mcp/companions/circuit_breaker.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace std::chrono_literals;

namespace {

using state = circuit_breaker::state;

const circuit_breaker::moment start{100h};

/// One that has opened just now.
circuit_breaker opened_at(circuit_breaker::moment now) {
  circuit_breaker breaker;
  for (int i = 0; i < 5; ++i)
    breaker.failed(now);
  return breaker;
}

/// The same rules, written as a list of what has happened.
struct plain_breaker {
  int failures = 0;
  int openings = 0;
  bool waits_for_probe = false;
  circuit_breaker::moment closed_until{};

  std::chrono::milliseconds pause() const {
    auto pause = 60'000ms;
    for (int i = 1; i < openings; ++i)
      pause = std::min<std::chrono::milliseconds>(pause * 2, 3'600'000ms);
    return pause;
  }
  bool lets_through(circuit_breaker::moment now) {
    if (openings == 0)
      return true;
    if (now < closed_until)
      return false;
    waits_for_probe = true;
    closed_until = now + pause();
    return true;
  }
  void succeeded() { *this = {}; }
  void failed(circuit_breaker::moment now) {
    if (openings > 0 && !waits_for_probe)
      return;
    if (openings == 0 && ++failures < 5)
      return;
    waits_for_probe = false;
    ++openings;
    closed_until = now + pause();
  }
};

} // namespace

TEST_CASE("a breaker opens after five failures in a row, and not before") {
  circuit_breaker breaker;
  for (int i = 0; i < 4; ++i)
    breaker.failed(start);
  CHECK(breaker.lets_through(start));
  breaker.succeeded();
  for (int i = 0; i < 4; ++i)
    breaker.failed(start);
  CHECK(breaker.current() == state::closed);
  breaker.failed(start);
  CHECK(breaker.current() == state::open);
  CHECK_FALSE(breaker.lets_through(start));
  CHECK(breaker.next_try(start) == start + 60s);
}

TEST_CASE("an open breaker lets one call through after its pause, and waits for its end") {
  auto breaker = opened_at(start);
  CHECK_FALSE(breaker.lets_through(start + 60s - 1ns));
  CHECK(breaker.lets_through(start + 60s));
  CHECK(breaker.current() == state::half_open);
  CHECK_FALSE(breaker.lets_through(start + 61s));
  breaker.succeeded();
  CHECK(breaker.current() == state::closed);
  CHECK(breaker.lets_through(start + 61s));
}

TEST_CASE("a probe that fails opens the breaker for twice as long, up to an hour") {
  auto breaker = opened_at(start);
  auto now = start;
  for (auto pause : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    CHECK(breaker.next_try(now) == now + pause);
    now += pause;
    REQUIRE(breaker.lets_through(now));
    breaker.failed(now);
  }
  breaker.succeeded();
  for (int i = 0; i < 5; ++i)
    breaker.failed(now);
  CHECK(breaker.next_try(now) == now + 60s);
}

TEST_CASE("the ends of calls from before change nothing but a success") {
  auto breaker = opened_at(start);
  breaker.failed(start + 30s);
  CHECK(breaker.next_try(start + 30s) == start + 60s);
  breaker.succeeded();
  CHECK(breaker.lets_through(start + 30s));
}

TEST_CASE("a probe of which nobody hears again does not close the way for ever") {
  auto breaker = opened_at(start);
  REQUIRE(breaker.lets_through(start + 60s));
  CHECK_FALSE(breaker.lets_through(start + 120s - 1ns));
  CHECK(breaker.lets_through(start + 120s));
}

TEST_CASE("pauses without sense and without end do not overflow") {
  circuit_breaker eager{{0, -1s, -5s}};
  eager.failed(start);
  CHECK(eager.current() == state::open);
  CHECK(eager.lets_through(start + 1ms));
  constexpr auto longest = std::chrono::milliseconds::max();
  circuit_breaker slow{{1, longest, longest}};
  slow.failed(start);
  CHECK(slow.next_try(start) > start + 24h * 365);
  back_off doubling{1ms, longest};
  CHECK(doubling.after(0) == 0ms);
  CHECK(doubling.after(3) == 4ms);
  CHECK(doubling.after(UINT32_MAX) == 24h * 366);
}

TEST_CASE("a breaker agrees with a simple model under random ends of calls") {
  std::mt19937 random{test::seed()};
  for (int round = 0; round < 200; ++round) {
    circuit_breaker breaker;
    plain_breaker model;
    auto now = start;
    for (int step = 0; step < 300; ++step) {
      now += std::chrono::milliseconds{random() % 3 * (random() % 100'000)};
      switch (random() % 8) {
      case 0:
        breaker.succeeded();
        model.succeeded();
        break;
      case 1:
      case 2:
      case 3:
        REQUIRE(breaker.next_try(now) >= now);
        REQUIRE(breaker.lets_through(now) == model.lets_through(now));
        break;
      default: breaker.failed(now); model.failed(now);
      }
      REQUIRE((breaker.current() == state::closed) == (model.openings == 0));
      REQUIRE((breaker.current() == state::half_open) == model.waits_for_probe);
    }
  }
}
