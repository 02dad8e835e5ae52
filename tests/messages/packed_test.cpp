// SPDX-License-Identifier: MIT
#include "filler.hpp"
#include "messages/packed.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

template <class T>
T filled(std::uint32_t salt) {
  T made;
  filler{seed() + salt}.fill(made);
  return made;
}

template <class T>
void check_round_trips(std::uint32_t salt) {
  auto original = filled<T>(salt);
  auto bytes = packed::from(original);
  auto back = packed::to<T>(bytes);
  REQUIRE(back.has_value());
  CHECK(*back == original);

  CHECK(packed::from(T{}).size() == 1); // what has its default takes no room
  CHECK(*packed::to<T>(packed::from(T{})) == T{});

  for (std::size_t size = 0; size < bytes.size(); ++size)
    if (packed::to<T>(std::string_view{bytes}.substr(0, size)))
      FAIL("a part of " << size << " bytes passes for the whole of " << bytes.size());
}

template <class T>
std::string names_of() {
  std::string names;
  std::apply([&](const auto&... each) { ((names += std::string{each.name} + " "), ...); },
             T::fields());
  return names;
}

} // namespace

TEST_CASE("what is kept on disk comes back to the byte, and a part of it is nothing") {
  check_round_trips<task_spec>(1);
  check_round_trips<route_note>(2);
  check_round_trips<task_step>(3);
  check_round_trips<pool_config>(4);
}

TEST_CASE("bytes that are no text are kept as they are") {
  task_spec spec;
  spec.prompt = shared_text{std::string{"\xff\x00\xc3", 3}};
  CHECK(packed::to<task_spec>(packed::from(spec))->prompt.str() == spec.prompt.str());
}

TEST_CASE("a field that this version does not know is passed over") {
  byte_writer later;
  later.put(std::uint8_t{200});
  later.put(std::string_view{"something new"});
  later.put(std::uint8_t{0});
  CHECK(packed::to<route_note>(later.take()) == route_note{});
}

TEST_CASE("a number that names no value of an enumeration is no message") {
  byte_writer wrong;
  wrong.put(std::uint8_t{1});
  wrong.put(std::string_view{"\x63"});
  wrong.put(std::uint8_t{0});
  CHECK_FALSE(packed::to<route_note>(wrong.take()).has_value());
}

TEST_CASE("any bytes are a message or none") {
  std::mt19937 random{seed()};
  for (int i = 0; i < 2000; ++i) {
    auto bytes = packed::from(filled<task_spec>(static_cast<std::uint32_t>(i)));
    for (int changes = 0; changes < 3; ++changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)packed::to<task_spec>(bytes);
  }
}

// What is on disk tells fields apart by their places: add new ones at the end, here as well, and
// move none.
TEST_CASE("the fields of what is kept on disk have their places for ever") {
  CHECK(names_of<task_spec>().starts_with(
      "prompt command working_directory environment stdin timeout deadline priority retry "
      "idempotency_key labels metadata cancel_with_requester "));
  CHECK(names_of<retry_policy>().starts_with(
      "max_attempts delay factor_percent max_delay jitter_percent on "));
  CHECK(names_of<route_note>().starts_with("reason in_flight capacity "));
  CHECK(names_of<task_step>().starts_with("after status attempt worker_id reason "));
  CHECK(names_of<pool_config>().starts_with(
      "name pool_type worker_type min_workers max_workers auto_scale idle_limit "
      "worker_concurrency queue_limit when_full wait_limit durability retry default_timeout "
      "restart_limit restart_window history_limit labels memory_enabled extra_config "));
}
