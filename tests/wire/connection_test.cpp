// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <map>

using namespace mahavishnu;
using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;
using namespace std::chrono_literals;

namespace {

/// Shows recorded frames to a guard as the side would that received them; counts them by operation.
std::map<int, int> replay(const std::string& bytes, frame_guard& guard, std::vector<verdict>& odd) {
  std::map<int, int> seen;
  std::size_t at = 0;
  while (at + frame_header_size <= bytes.size()) {
    const auto* first = reinterpret_cast<const std::byte*>(bytes.data()) + at;
    ++seen[std::to_integer<int>(*first)];
    auto said = guard.header(std::span<const std::byte, frame_header_size>{first, 32});
    at += frame_header_size + guard.payload_size();
    if (said == verdict::hold && at <= bytes.size())
      said = guard.payload({first + frame_header_size, guard.payload_size()});
    if (said != verdict::pass)
      odd.push_back(said);
  }
  return seen;
}

} // namespace

TEST_CASE("a request over the socket gets its answer", "[wire]") {
  const auto workers = GENERATE(0u, 2u);
  echo_server server{{}, workers};
  node_system client{workers};

  CHECK(dial_and_ask(*client, server.socket, "hello") == "hello");
  CHECK(dial_and_ask(*client, server.socket, "again") == "again");
  CHECK(server.counts().accepted == 2);
}

TEST_CASE("an error with a text reaches the client with its text", "[wire]") {
  echo_server server;
  node_system client;

  CHECK_THAT(dial_and_ask(*client, server.socket, "fail"),
             ContainsSubstring("because you asked for it"));
}

TEST_CASE("a message of 4 MiB passes in both directions", "[wire]") {
  echo_server server;
  node_system client;
  std::string large(4u << 20, 'x');
  large.front() = 'a';

  // not a comparison inside CHECK, which would print both
  const bool same = dial_and_ask(*client, server.socket, large) == large;
  CHECK(same);
}

TEST_CASE("a monitored actor that ends is reported with its reason", "[wire]") {
  echo_server server;
  node_system client;
  auto echo = dial<echo_actor>(*client, server.socket, patience);
  REQUIRE(echo.has_value());

  const auto why =
      wait_for_down(*client, *echo, [&] { caf::anon_send(*echo, leave{"end of the day"}); });

  CHECK_THAT(why, ContainsSubstring("end of the day"));
}

TEST_CASE("a monitored actor that throws is reported", "[wire]") {
  echo_server server;
  node_system client;
  auto echo = dial<echo_actor>(*client, server.socket, patience);
  REQUIRE(echo.has_value());

  const auto why = wait_for_down(*client, *echo, [&] { caf::anon_send(*echo, question{"throw"}); });

  CHECK_THAT(why, ContainsSubstring("runtime_error"));
}

TEST_CASE("a connection that is cut is reported as the end of the actor", "[wire]") {
  echo_server server;
  node_system client;
  auto between = std::make_unique<recorder>(server.dir / "front", server.socket);
  auto echo = dial<echo_actor>(*client, server.dir / "front", patience);
  REQUIRE(echo.has_value());
  REQUIRE(ask(*client, *echo, "hello") == "hello");

  const auto why = wait_for_down(*client, *echo, [&] { between.reset(); });

  CHECK_THAT(why, ContainsSubstring("remote_link_unreachable"));
  CHECK(dial_and_ask(*client, server.socket, "a new connection") == "a new connection");
}

TEST_CASE("after a restart of the server a new dial reaches the new one", "[wire]") {
  node_system client;
  const scratch dir;
  for (const auto* text : {"first", "second"}) {
    node_system system;
    auto echo = spawn_echo(*system);
    auto door = acceptor::start(*system, dir / "control", echo, {});
    REQUIRE(door.has_value());
    auto dialed = dial<echo_actor>(*client, dir / "control", patience);
    REQUIRE(dialed.has_value());
    CHECK(ask(*client, *dialed, text) == text);
    (*door)->stop();
    caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
  }
}

TEST_CASE("300 dials in a row leave no descriptor behind", "[wire]") {
  echo_server server;
  node_system client;
  REQUIRE(dial_and_ask(*client, server.socket, "hello") == "hello");
  REQUIRE(eventually([&] { return server.counts().open == 1; }));
  const auto before = open_descriptors();

  for (int i = 0; i < 300; ++i)
    if (const auto echo = dial<echo_actor>(*client, server.socket, patience); !echo)
      FAIL(i << ": " << echo.error().message);

  CHECK(eventually([&] { return server.counts().open == 1; }));
  CHECK(eventually([&] { return open_descriptors() == before; }));
  CHECK(dial_and_ask(*client, server.socket, "hello") == "hello");
}

TEST_CASE("clients that come and go leave no descriptor behind", "[wire]") {
  echo_server server;
  const auto before = open_descriptors();

  for (int i = 0; i < 20; ++i) {
    node_system client;
    REQUIRE(dial_and_ask(*client, server.socket, "hello") == "hello");
  }

  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK(eventually([&] { return open_descriptors() == before; }));
}

TEST_CASE("a server of another interface is refused as another version", "[wire]") {
  echo_server server;
  node_system client;

  const auto dialed = dial<other_actor>(*client, server.socket, patience);

  REQUIRE_FALSE(dialed.has_value());
  CHECK(dialed.error().code == errc::incompatible);
  CHECK_THAT(dialed.error().message, ContainsSubstring("different versions"));
  CHECK(eventually([&] { return server.counts().open == 0; }));
  CHECK(dial_and_ask(*client, server.socket, "hello") == "hello");
}

TEST_CASE("a stopped acceptor takes nobody and lets the others finish", "[wire]") {
  echo_server server;
  node_system client;
  auto echo = dial<echo_actor>(*client, server.socket, patience);
  REQUIRE(echo.has_value());
  // the answer shows that the server has seen the end of the handshake
  REQUIRE(ask(*client, *echo, "hello") == "hello");

  server.door->stop();

  CHECK(ask(*client, *echo, "still here") == "still here");
  node_system late;
  const auto refused = dial<echo_actor>(*late, server.socket, patience);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == errc::unreachable);
}

TEST_CASE("the guard knows every frame that CAF itself sends", "[wire]") {
  echo_server server;
  node_system client;
  const auto front = server.dir / "front";
  std::string from_client;
  std::string from_server;
  {
    recorder between{front, server.socket};
    auto echo = dial<echo_actor>(*client, front, patience);
    REQUIRE(echo.has_value());
    REQUIRE(ask(*client, *echo, "hello") == "hello");
    REQUIRE_THAT(ask(*client, *echo, "fail"), ContainsSubstring("because"));
    REQUIRE_FALSE(
        wait_for_down(*client, *echo, [&] { caf::anon_send(*echo, leave{"done"}); }).empty());
    from_client = between.from_client();
    from_server = between.from_server();
    server.door->stop();
  }

  const auto interface = wire_interface_of<echo_actor>(*client);
  const frame_rules server_rules{role::accepting, 1u << 20, interface.requests, 0, {}};
  const frame_rules client_rules{role::connecting, 1u << 20, interface.replies, 0, {}};
  frame_guard server_guard{server_rules};
  frame_guard client_guard{client_rules};
  std::vector<verdict> odd;

  auto seen = replay(from_client, server_guard, odd);
  CHECK(seen[frame::client_handshake] == 2);
  CHECK(seen[frame::monitor] >= 1);
  CHECK(seen[frame::direct] >= 3);
  CHECK(odd.empty());

  seen = replay(from_server, client_guard, odd);
  CHECK(seen[frame::server_handshake] == 1);
  CHECK(seen[frame::down] >= 1);
  CHECK(odd.empty());

  CHECK_THAT(from_server, ContainsSubstring(error_bytes(message("@<>+@str", text("done")))));
  CHECK_THAT(from_server, ContainsSubstring(message(
                              error_signature,
                              error_bytes(message("@<>+@str", text("because you asked for it"))))));
  CHECK(from_client.substr(32, 8) == node(0).substr(0, 8));
}

TEST_CASE("the signatures follow from the interface", "[wire]") {
  node_system system;

  const auto interface = wire_interface_of<echo_actor>(*system);

  CHECK(interface.requests ==
        std::set<std::string, std::less<>>{std::string{question_signature},
                                           "@<>+mahavishnu::wire::test::leave"});
  CHECK(interface.replies ==
        std::set<std::string, std::less<>>{"@<>", "@<>+@error", std::string{answer_signature}});
}
