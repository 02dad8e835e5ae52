// SPDX-License-Identifier: MIT
#include "round_trip.hpp"

#include <caf/sec.hpp>

using namespace mahavishnu;
using namespace mahavishnu::test;

using fixture = message_fixture;

// The files beside this one walk all of them.
static_assert(caf::id_block::mahavishnu::end - caf::id_block::mahavishnu::begin == 119,
              "the block of messages has grown: say how many there are now");
static_assert(shares_of_messages == 4, "one file for each share");

TEST_CASE("a notice of each type survives the wire and JSON") {
  fixture f;
  for (std::size_t i = 0; i < std::variant_size_v<bus::payload>; ++i)
    check_round_trips<notice>(f.system, test::seed(), i);
}

TEST_CASE("a notice of a type that does not exist is refused on the wire") {
  fixture f;
  std::vector<char> bytes;
  caf::binary_serializer sink{f.system, bytes};
  REQUIRE_FALSE(sink(std::uint8_t{7}));
  bus::payload loaded;
  caf::binary_deserializer source{f.system, bytes};
  CHECK(source(loaded));
}

TEST_CASE("a number that names no value of an enumeration is refused on the wire") {
  fixture f;
  task_result original;
  original.status = static_cast<task_status>(200);
  std::vector<char> bytes;
  caf::binary_serializer sink{f.system, bytes};
  REQUIRE_FALSE(sink(original));
  task_result loaded;
  caf::binary_deserializer source{f.system, bytes};
  CHECK(source(loaded));
}

TEST_CASE("a cut message is an error and not a crash") {
  fixture f;
  execute_on_pool original;
  filler{test::seed()}.fill(original);
  std::vector<char> bytes;
  caf::binary_serializer sink{f.system, bytes};
  REQUIRE_FALSE(sink(original));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    execute_on_pool loaded;
    caf::binary_deserializer source{f.system, cut};
    CHECK(source(loaded));
  }
}

TEST_CASE("an error keeps its code and its text across CAF") {
  error original{errc::pool_full, "pool 'build' is full (32 queued)"};
  CHECK(from_caf(to_caf(original), "x") == original);
  CHECK(from_caf(caf::make_error(caf::sec::request_timeout), "spawn").code == errc::timeout);
  CHECK(from_caf(caf::make_error(caf::sec::request_receiver_down), "spawn").code ==
        errc::unreachable);
}

TEST_CASE("JSON with an unknown field or a wrong type names it") {
  auto unknown = json::to<close_pool>(json::value{{"pol", "a"}});
  REQUIRE(unknown.has_error());
  CHECK_THAT(unknown.error().message, ContainsSubstring("'pol'"));
  auto wrong = json::to<close_pool>(json::value{{"pool", 7}});
  REQUIRE(wrong.has_error());
  CHECK_THAT(wrong.error().message, ContainsSubstring("'pool'"));
}

TEST_CASE("bytes that are not UTF-8 become replacement characters in JSON") {
  task_result r;
  r.output = shared_text{"a\xFFz"};
  CHECK_THAT(json::text(json::from(r)), ContainsSubstring("a\xEF\xBF\xBDz"));
}
