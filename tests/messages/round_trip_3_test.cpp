// SPDX-License-Identifier: MIT
#include "round_trip.hpp"

TEST_CASE("every message survives the wire and JSON, share 3") {
  mahavishnu::test::message_fixture f;
  mahavishnu::test::check_share<3>(f.system);
}
