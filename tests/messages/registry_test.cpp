// SPDX-License-Identifier: MIT
#include "messages/json.hpp"
#include "messages/registry.hpp"
#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/message.hpp>

#include <random>

using namespace mahavishnu;

namespace {

/// Gives every member of any message a value of its own, so that a forgotten one shows.
class filler {
public:
  explicit filler(std::uint32_t seed) : random_(seed) {}

  template <class T>
  void fill(T& x) {
    if constexpr (described<T>)
      std::apply([&](const auto&... each) { (fill(x.*each.member), ...); }, T::fields());
    else if constexpr (named_enum<T>)
      x = static_cast<T>(random_() % enum_names<T>::values.size());
    else if constexpr (std::is_same_v<T, bool>)
      x = true;
    else if constexpr (std::is_floating_point_v<T>)
      x = static_cast<T>(random_() % 100000 + 1) / 64;
    else if constexpr (std::is_integral_v<T>)
      x = static_cast<T>(random_() % 100000 + 1);
    else if constexpr (json::detail::is_duration<T>::value)
      x = std::chrono::milliseconds(random_() % 1000000 + 1);
    else if constexpr (json::detail::is_id<T>::value)
      x.value = word();
    else if constexpr (std::is_same_v<T, task_id>)
      x = task_id{random_(), random_()};
    else if constexpr (std::is_same_v<T, shared_text>)
      x = shared_text{word()};
    else if constexpr (json::detail::is_shared<T>::value) {
      std::remove_cvref_t<decltype(*x)> value;
      fill(value);
      x = T{std::move(value)};
    } else if constexpr (std::is_same_v<T, bus::payload>) {
      pick_payload(x);
      std::visit([&](auto& each) { fill(each); }, x);
    } else if constexpr (json::detail::is_object_map<T>::value)
      for (int i = 0; i < 3; ++i)
        fill(x[word()]);
    else if constexpr (std::is_same_v<T, std::string>)
      x = word();
    else if constexpr (json::detail::is_vector<T>::value) {
      x.resize(3);
      for (auto& each : x)
        fill(each);
    } else // a map of texts
      for (int i = 0; i < 3; ++i)
        x.emplace(word(), word());
  }

  /// Which payload the next notice gets.
  std::size_t payload = 0;

private:
  template <std::size_t I = 0>
  void pick_payload(bus::payload& x) {
    if constexpr (I < std::variant_size_v<bus::payload>) {
      if (payload == I)
        x.emplace<I>();
      else
        pick_payload<I + 1>(x);
    }
  }

  std::string word() { return "w" + std::to_string(random_()); }
  std::mt19937 random_;
};

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
  static_assert(caf::id_block::mahavishnu::end - caf::id_block::mahavishnu::begin == 91,
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
