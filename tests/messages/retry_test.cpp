// SPDX-License-Identifier: MIT
#include "messages/json.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

using namespace mahavishnu;
using namespace std::chrono_literals;

namespace {
const retry_policy given{5, 1500ms, 150, 90s, 0, {"failed", "lost"}};
}

TEST_CASE("a retry policy comes back from the wire as it was, open or given") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  for (const auto& original : {retry_policy{}, given}) {
    std::vector<char> bytes;
    caf::binary_serializer sink{system, bytes};
    REQUIRE_FALSE(sink(original));
    retry_policy loaded;
    caf::binary_deserializer source{system, bytes};
    REQUIRE_FALSE(source(loaded));
    CHECK(loaded == original);
  }
}

TEST_CASE("a retry policy in JSON has its delays in seconds, and what is missing stays open") {
  CHECK(json::text(json::from(given)) ==
        R"({"max_attempts":5,"delay":1.5,"factor_percent":150,"max_delay":90.0,)"
        R"("jitter_percent":0,"on":["failed","lost"]})");
  CHECK(json::to<retry_policy>(json::from(given)).value() == given);
  CHECK(json::to<retry_policy>(json::value::object()).value() == retry_policy{});
  CHECK(json::to<retry_policy>(json::value{{"delay", "soon"}}).has_error());
}
