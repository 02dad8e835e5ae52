// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"

#include <random>

using namespace mahavishnu;
using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;
using namespace std::chrono_literals;

namespace {

/// Memory that a hostile client may cost; sanitizers keep freed memory back on purpose.
constexpr long growth_kib = MAHAVISHNU_TEST_SANITIZED ? 1024 * 1024 : 64 * 1024;

/// A server that is attacked, and an honest client that must be served afterwards.
struct fixture {
  echo_server server;
  node_system client;
  long before = 0;

  fixture() {
    REQUIRE(dial_and_ask(*client, server.socket, "before") == "before");
    before = resident_kib();
  }

  /// Sends bytes on a connection of its own and waits until the server closes it.
  void expect_closed(const std::string& bytes, close_reason reason) {
    const auto count = server.counts().closed_for(reason);
    raw_peer peer{server.socket};
    peer.send(bytes);
    CHECK(peer.sees_end());
    CHECK(server.counts().closed_for(reason) == count + 1);
  }

  /// Sends a frame behind an honest handshake and waits until the server has thrown it away.
  void expect_dropped(const frame& odd) {
    const auto count = server.counts().dropped;
    raw_peer peer{server.socket};
    peer.send(client_hello(99) + odd.bytes());
    CHECK(eventually([&] { return server.counts().dropped > count; }));
    // the connection has survived it: it takes the next frame, and closes over that
    peer.send(frame{.op = frame::routed, .payload = "x"}.bytes());
    CHECK(peer.sees_end());
  }

  /// Waits until the server has looked at all connections so far, so that the cap refuses none.
  void wait_until_drained(std::uint64_t connections) {
    CHECK(eventually(
        [&] { return server.counts().accepted >= connections && server.counts().open <= 1; }));
  }

  void expect_unharmed() {
    CHECK(dial_and_ask(*client, server.socket, "after") == "after");
    node_system other;
    CHECK(dial_and_ask(*other, server.socket, "anew") == "anew");
    CHECK(resident_kib() - before < growth_kib);
  }
};

std::uint64_t echo_id(const echo_server& server) {
  return server.echo.id();
}

} // namespace

TEST_CASE("32 bytes of an empty handshake do no harm", "[wire][hostile]") {
  fixture f;
  f.expect_closed(frame{.op = frame::client_handshake}.bytes(), close_reason::handshake_size);
  f.expect_closed(frame{.op = frame::server_handshake, .data = 3}.bytes(),
                  close_reason::handshake_missing);
  f.expect_unharmed();
}

TEST_CASE("huge announced lengths take no memory", "[wire][hostile]") {
  fixture f;
  const frame hello{.op = frame::client_handshake};
  f.expect_closed(hello.bytes(0xFFFFFFFF), close_reason::handshake_size);
  for (int i = 0; i < 8; ++i)
    f.expect_closed(hello.bytes(1u << 30), close_reason::handshake_size);
  f.expect_closed(client_hello(99) + direct_message(question_signature).bytes(0xFFFFFFFF),
                  close_reason::payload_too_large);
  f.expect_unharmed();
}

TEST_CASE("a payload that is announced but does not come takes no memory", "[wire][hostile]") {
  fixture f;
  std::vector<raw_peer> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.emplace_back(f.server.socket);
    waiting.back().send(client_hello(99) + direct_message(question_signature).bytes(16u << 20));
  }
  f.expect_unharmed();
}

TEST_CASE("a message without a handshake closes", "[wire][hostile]") {
  fixture f;
  for (std::uint64_t receiver = 1; receiver < 50; ++receiver)
    f.expect_closed(direct_message("@<>", {}, receiver).bytes(), close_reason::handshake_missing);
  f.expect_closed(client_handshake(99).bytes() + direct_message("@<>").bytes(),
                  close_reason::handshake_missing);
  f.expect_unharmed();
}

TEST_CASE("messages nested 300000 deep are not read", "[wire][hostile]") {
  fixture f;
  const auto nested = nested_messages(300'000);
  const auto to = echo_id(f.server);
  f.expect_closed(direct_message("@<>+@message", nested, to).bytes(),
                  close_reason::handshake_missing);
  f.expect_dropped(direct_message("@<>+@message", nested, to));
  f.expect_dropped(direct_message(error_signature, error_bytes(nested), to));
  const auto own = captured_server_handshake(f.server).substr(32, 32);
  const auto down = [&](const std::string& reason) {
    return frame{.op = frame::down, .sender = 1, .payload = node(99) + own + reason};
  };
  f.expect_closed(client_hello(99) + down(error_bytes(nested)).bytes(),
                  close_reason::payload_too_large);
  f.expect_closed(client_hello(99) + down(error_bytes(nested_messages(4000))).bytes(),
                  close_reason::notice_malformed);
  f.expect_unharmed();
}

TEST_CASE("nobody can end, link or look up actors, nor start them", "[wire][hostile]") {
  fixture f;
  const auto to = echo_id(f.server);
  const auto own = captured_server_handshake(f.server).substr(32, 32);
  const auto kill = error_bytes(message("@<>"));
  f.expect_dropped(direct_message("@<>+@exit", big_endian(to, 8) + own + kill, to));
  f.expect_dropped(direct_message("@<>+@down", big_endian(to, 8) + own + kill, to));
  const auto link = big_endian(0xF3C3B3D8F, 8); // any atom: the signature is what counts
  f.expect_dropped(
      direct_message("@<>+@atom+@strong_actor_ptr", link + big_endian(to, 8) + own, to));
  for (const std::uint64_t name : {0x03DDD66F3376ADFBull, 0xDDB6CA1CE3B7ADFBull}) {
    auto lookup = direct_message("@<>+@atom+@atom+@str", "x", name);
    lookup.flags = 1;
    f.expect_dropped(lookup);
    // the same with a message that is allowed
    lookup.payload = length(0) + message(question_signature, text("x") + length(0));
    f.expect_dropped(lookup);
  }
  f.expect_dropped(direct_message("@<>+@atom+@str+@message", "x", to));
  f.expect_dropped(direct_message(question_signature, text("x") + length(0), to + 1));
  f.expect_unharmed();
}

TEST_CASE("strings and lists with lying lengths in allowed messages do no harm",
          "[wire][hostile]") {
  fixture f;
  const auto to = echo_id(f.server);
  raw_peer peer{f.server.socket};
  REQUIRE(peer.send(client_hello(99)));
  for (const auto& values : {length(0xFFFFFFFF), text("x") + length(0xFFFFFFFF), std::string{},
                             text("x") + length(2) + text("y") + length(1u << 30)})
    CHECK(peer.send(direct_message(question_signature, values, to).bytes()));
  const auto passed = f.server.counts().passed;
  CHECK(peer.send(direct_message("@<>+@exit", {}, to).bytes()));
  CHECK(eventually([&] { return f.server.counts().dropped > 0; }));
  CHECK(f.server.counts().passed >= passed);
  f.expect_unharmed();
}

TEST_CASE("a client that claims to be the server itself is refused", "[wire][hostile]") {
  fixture f;
  const auto own = captured_server_handshake(f.server).substr(32, 32);
  f.expect_closed(frame{.op = frame::client_handshake, .payload = own}.bytes(),
                  close_reason::own_node);
  f.expect_unharmed();
}

TEST_CASE("2000 connections of random bytes do no harm", "[wire][hostile]") {
  fixture f;
  std::mt19937 random{mahavishnu::test::seed()};
  constexpr int sizes[] = {1, 31, 32, 33, 64, 200, 5000};
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(static_cast<std::size_t>(sizes[random() % std::size(sizes)]), '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    // half of them look like a frame at first sight
    if (bytes.size() >= 32 && random() % 2 == 0)
      bytes.replace(0, 8, big_endian(random() % 8, 1) + big_endian(0, 3) + big_endian(20, 4));
    raw_peer peer{f.server.socket};
    peer.send(bytes);
    peer.hang_up();
    if (i % 50 == 49)
      f.wait_until_drained(static_cast<std::uint64_t>(i) + 2);
  }
  CHECK(f.server.counts().refused_full == 0);
  f.expect_unharmed();
}

TEST_CASE("random frames behind a handshake do no harm", "[wire][hostile]") {
  fixture f;
  std::mt19937 random{mahavishnu::test::seed()};
  const auto own = captured_server_handshake(f.server).substr(32, 32);
  const auto any = [&](auto... choices) {
    const std::string all[] = {std::string{choices}...};
    return all[random() % std::size(all)];
  };
  const auto noise = [&](std::size_t size) {
    std::string bytes(size, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(random());
    return bytes;
  };
  const auto odd_number = [&]() -> std::uint64_t {
    const auto wide = static_cast<std::uint64_t>(random()) << 32 | random();
    const std::uint64_t all[] = {0, 0, 5, 1ull << 60, 2ull << 60 | 7, 3ull << 60, 1ull << 63, wide};
    return all[random() % std::size(all)];
  };
  for (int i = 0; i < 2000; ++i) {
    auto bytes = client_hello(99);
    for (auto frames = 1 + random() % 4; frames > 0; --frames) {
      frame odd;
      constexpr std::uint8_t operations[] = {2, 2, 2, 2, 3, 4, 5, 6};
      odd.op = operations[random() % std::size(operations)];
      odd.data = odd_number();
      odd.receiver = odd.op == frame::down ? 0 : random() % 12;
      odd.sender = odd.op == frame::monitor ? 0 : random() % 3;
      const auto values = noise(std::size_t{random() % 100});
      if (odd.op == frame::direct) {
        odd.payload = length(random() % 8 == 0) +
                      message(any("@<>", "@<>+@exit", "@<>+@message", "@<>+@down",
                                  "@<>+@atom+@strong_actor_ptr", question_signature,
                                  question_signature, question_signature),
                              any(values, text(values), text("fail") + length(1), ""));
      } else if (odd.op != frame::heartbeat) {
        odd.data = random() % 4 == 0 ? odd.data : 0;
        odd.payload = any(node(99), node(98), own) + any(own, own, node(98)) +
                      any("", values, error_bytes(message("@<>")),
                          error_bytes(message("@<>+@str", text(values))));
      }
      bytes += odd.bytes();
    }
    // and some bytes of it are wrong
    if (random() % 4 == 0)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    raw_peer peer{f.server.socket};
    peer.send(bytes);
    peer.hang_up();
    if (i % 50 == 49)
      f.wait_until_drained(static_cast<std::uint64_t>(i) + 3);
  }
  CHECK(f.server.counts().refused_full == 0);
  f.expect_unharmed();
}
