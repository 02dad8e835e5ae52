// SPDX-License-Identifier: MIT
#pragma once

#include "filler.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/json.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/message.hpp>

namespace mahavishnu::test {

/// A system that knows the messages.
struct message_fixture {
  message_fixture() { register_messages(config); }
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

/// All types take minutes and gigabytes to compile: each of so many files walks its share.
inline constexpr int shares_of_messages = 4;

template <int Share, caf::type_id_t Id = caf::id_block::mahavishnu::begin>
void check_share(caf::actor_system& system) {
  if constexpr (Id < caf::id_block::mahavishnu::end) {
    if constexpr (Id % shares_of_messages == Share)
      check_round_trips<typename caf::type_by_id<Id>::type>(system, test::seed() + Id);
    check_share<Share, Id + 1>(system);
  }
}

} // namespace mahavishnu::test
