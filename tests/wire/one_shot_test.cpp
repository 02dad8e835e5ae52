// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"

using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;

namespace {

/// The actor that asks and the question it asks have the same numbers in each of these clients, as
/// in commands, which are all alike.
constexpr std::uint64_t asking_actor = 5;
constexpr std::uint64_t first_request = 1ull << 60 | 1;

/// A client without CAF that is a process of its own for the server.
class one_shot {
public:
  one_shot(const echo_server& server, std::uint32_t process)
      : whom_(server.echo.id()), node_(node(process)), peer_(server.socket) {
    peer_.send(client_hello(process));
    server_node_ = peer_.receive_frame().substr(frame_header_size, node_.size());
  }

  void send(std::string_view words) {
    auto asked = direct_message(question_signature, text(words) + length(0), whom_);
    asked.data = first_request;
    asked.sender = asking_actor;
    peer_.send(asked.bytes());
  }

  /// The next message to its actor, as it stands on the wire.
  std::string answer() {
    for (;;)
      if (auto bytes = peer_.receive_frame(); bytes.empty() || is_for_actor(bytes))
        return bytes;
  }

  std::string ask(std::string_view words) {
    send(words);
    return answer();
  }

  /// Wants to be told when the server's actor ends.
  void watch() {
    peer_.send(
        frame{.op = frame::monitor, .receiver = whom_, .payload = node_ + server_node_}.bytes());
  }

private:
  static bool is_for_actor(std::string_view bytes) {
    constexpr std::size_t flags = 3;
    return bytes[0] == frame::direct && bytes[flags] == 0;
  }

  std::uint64_t whom_;
  std::string node_;
  std::string server_node_;
  raw_peer peer_;
};

bool forgets_all(echo_server& server) {
  return eventually([&] { return kept_by_broker(*server.system) == kept{}; });
}

} // namespace

TEST_CASE("a server keeps nothing of the clients that have been there", "[wire]") {
  const auto workers = GENERATE(0u, 2u);
  echo_server server{{}, workers};
  {
    std::vector<std::unique_ptr<one_shot>> clients;
    for (std::uint32_t i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<one_shot>(server, 100 + i));
      clients.back()->watch();
      CHECK_THAT(clients.back()->ask("hello"), ContainsSubstring("hello"));
    }
    CHECK(kept_by_broker(*server.system) == kept{20, 20, 0, 20, true});
  }
  CHECK(forgets_all(server));
}

TEST_CASE("neither side of a connection starts a helper for the other", "[wire]") {
  echo_server server;
  node_system client;
  REQUIRE(dial_and_ask(*client, server.socket, "hello") == "hello");

  CHECK(kept_by_broker(*client).helpers == 0);
  CHECK(kept_by_broker(*server.system).helpers == 0);
}

TEST_CASE("thousands of clients, one after the other, take no memory", "[wire]") {
  if (MAHAVISHNU_TEST_SANITIZED)
    return; // which keep back what is freed
  echo_server server;
  const auto come_and_go = [&](std::uint32_t first, std::uint32_t count) {
    for (auto i = first; i < first + count; ++i) {
      one_shot client{server, i};
      client.watch();
      REQUIRE_THAT(client.ask("hello"), ContainsSubstring("hello"));
    }
    REQUIRE(forgets_all(server));
  };
  come_and_go(1000, 500);
  const auto before = resident_kib();

  come_and_go(2000, 5000);

  CHECK(resident_kib() - before < 1024);
}

TEST_CASE("what comes too late for a client does not reach the next one", "[wire]") {
  const auto next_process = GENERATE(100u, 101u); // numbers of processes come again
  echo_server server;
  {
    one_shot client{server, 100};
    client.send("keep");
    REQUIRE_THAT(client.ask("hello"), ContainsSubstring("hello"));
  }
  REQUIRE(forgets_all(server));
  one_shot next{server, next_process};
  REQUIRE_THAT(next.ask("hello"), ContainsSubstring("hello"));

  REQUIRE(ask(*server.system, server.echo, "let go") == "let go");

  CHECK_THAT(next.ask("the next answer"), ContainsSubstring("the next answer"));
}
