// SPDX-License-Identifier: MIT
#include "app/watchdog.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <future>

using namespace mahavishnu;

TEST_CASE("a watchdog bites when nobody calls it off in time") {
  std::promise<void> bitten;
  watchdog dog{std::chrono::milliseconds{1}, [&] { bitten.set_value(); }};
  CHECK(bitten.get_future().wait_for(std::chrono::seconds{20}) == std::future_status::ready);
}

TEST_CASE("a watchdog that is called off does not bite and does not wait") {
  std::atomic<bool> bitten{false};
  {
    watchdog dog{std::chrono::hours{1}, [&] { bitten = true; }};
  }
  CHECK_FALSE(bitten);
}
