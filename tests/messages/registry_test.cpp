// SPDX-License-Identifier: MIT
#include "filler.hpp"
#include "messages/json.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/message.hpp>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

struct fixture {
  fixture() { register_messages(config); }
  caf::actor_system_config config;
  caf::actor_system system{config};
};

template <class T>
void check_round_trips(caf::actor_system& system, std::uint32_t seed, std::size_t payload = 0) {
  INFO(caf::type_name_by_id<caf::type_id<T>::value>::value);
  T original;
  filler values{seed};
  values.payload = payload;
  values.fill(original);

  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  REQUIRE_FALSE(sink(caf::make_message(original)));
  caf::message loaded;
  caf::binary_deserializer source{system, bytes};
  REQUIRE_FALSE(source(loaded));
  REQUIRE(loaded.match_elements<T>());
  CHECK(loaded.get_as<T>(0) == original);

  // A message without its members in JSON would come back with defaults.
  auto back = json::to<T>(json::value::parse(json::text(json::from(original))));
  REQUIRE(back.has_value());
  CHECK(*back == original);
}

template <caf::type_id_t Id>
void check_from(caf::actor_system& system) {
  if constexpr (Id < caf::id_block::mahavishnu::end) {
    check_round_trips<typename caf::type_by_id<Id>::type>(system, test::seed() + Id);
    check_from<Id + 1>(system);
  }
}

} // namespace

TEST_CASE("every message survives the wire and JSON") {
  fixture f;
  static_assert(caf::id_block::mahavishnu::end - caf::id_block::mahavishnu::begin == 93,
                "the block has grown: this test walks all of it; say how many there are now");
  check_from<caf::id_block::mahavishnu::begin>(f.system);
}

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
