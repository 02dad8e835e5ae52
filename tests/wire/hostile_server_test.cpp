// SPDX-License-Identifier: MIT
#include "wire/fixture.hpp"
#include "wire/guarded_scribe.hpp"

#include <atomic>
#include <random>

using namespace mahavishnu;
using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

/// Handshake of an echo server that claims to be another node, so that nothing is filed twice.
std::string server_hello(const std::string& captured, std::uint32_t number) {
  auto bytes = captured;
  return bytes.replace(32, node_id_size, node(number));
}

std::string honest_hello() {
  echo_server server;
  return captured_server_handshake(server);
}

/// What `dial` says about a server that answers with these bytes and then waits for the client to
/// close, or closes at once.
struct answer_to_dial {
  result<echo_actor> found{error{}};
  std::chrono::milliseconds took{};
};

answer_to_dial dial_into(node_system& client, const std::string& bytes, bool hang_up,
                         std::chrono::milliseconds timeout = 500ms) {
  const scratch dir;
  const raw_server server{dir / "control", [&](raw_peer& peer) {
                            peer.send(bytes);
                            if (!hang_up)
                              peer.sees_end();
                          }};
  const auto began = clock_type::now();
  answer_to_dial answer;
  answer.found = dial<echo_actor>(*client, dir / "control", timeout);
  answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
  return answer;
}

/// Each dial ends in time.
void dial_often(node_system& client, const std::filesystem::path& socket) {
  for (int i = 0; i < 300; ++i) {
    const auto began = clock_type::now();
    const auto found = dial<echo_actor>(*client, socket, 200ms);
    REQUIRE(clock_type::now() - began < 10s);
  }
}

/// An honest server is still heard.
void expect_unharmed(node_system& client) {
  echo_server honest;
  CHECK(dial_and_ask(*client, honest.socket, "after") == "after");
}

} // namespace

TEST_CASE("a silent server costs the client its timeout and no more", "[wire][hostile]") {
  node_system client;
  const auto before = open_descriptors();

  const auto answer = dial_into(client, "", false, 300ms);

  REQUIRE_FALSE(answer.found.has_value());
  CHECK(answer.found.error().code == errc::timeout);
  CHECK(answer.took < 5s);
  CHECK(eventually([&] { return open_descriptors() == before; }));
}

TEST_CASE("a server that closes at once is unreachable", "[wire][hostile]") {
  node_system client;
  const auto answer = dial_into(client, "", true, 10s);
  REQUIRE_FALSE(answer.found.has_value());
  CHECK(answer.found.error().code == errc::unreachable);
  CHECK(answer.took < 5s);
}

TEST_CASE("empty, huge and foreign handshakes of a server are refused", "[wire][hostile]") {
  node_system client;
  const auto hello = honest_hello();
  const auto own = serialized_node(*client);
  const frame empty{.op = frame::server_handshake, .data = 3};
  for (const auto& odd :
       {empty.bytes(), empty.bytes(0xFFFFFFFF), empty.bytes(1u << 30), empty.bytes((64u << 10) + 1),
        client_handshake(99).bytes(), direct_message(answer_signature).bytes(),
        std::string(hello).replace(32, node_id_size, own)}) {
    const auto answer = dial_into(client, odd, false, 10s);
    REQUIRE_FALSE(answer.found.has_value());
    CHECK(answer.found.error().code == errc::incompatible);
    CHECK(answer.took < 5s);
  }
}

TEST_CASE("a server that publishes nothing or something else is refused", "[wire][hostile]") {
  node_system client;
  auto nobody = server_hello(honest_hello(), 7);
  const auto apps = nobody.find("generic-caf-app");
  REQUIRE(apps != std::string::npos);
  nobody.replace(apps + std::string_view{"generic-caf-app"}.size(), 8, 8, '\0');

  const auto answer = dial_into(client, nobody, false, 10s);

  REQUIRE_FALSE(answer.found.has_value());
  CHECK(answer.found.error().code == errc::incompatible);
}

TEST_CASE("mutated handshakes of a server end the dial in time", "[wire][hostile]") {
  node_system client;
  std::mt19937 random{mahavishnu::test::seed()};
  const auto hello = honest_hello();
  const scratch dir;
  const raw_server server{dir / "control", [&](raw_peer& peer) {
                            auto odd = server_hello(hello, 1000 + random() % 8);
                            for (auto n = 1 + random() % 4; n > 0; --n)
                              odd[random() % odd.size()] = static_cast<char>(random());
                            peer.send(odd);
                            peer.sees_end(5ms);
                          }};
  dial_often(client, dir / "control");
  expect_unharmed(client);
}

TEST_CASE("random frames of a server behind a handshake do no harm", "[wire][hostile]") {
  node_system client;
  std::mt19937 random{mahavishnu::test::seed()};
  const auto hello = honest_hello();
  const auto own = serialized_node(*client);
  const auto before = resident_kib();
  const scratch dir;
  const raw_server server{
      dir / "control", [&](raw_peer& peer) {
        const auto number = static_cast<std::uint32_t>(2000 + random() % 8);
        auto bytes = server_hello(hello, number);
        for (auto frames = 1 + random() % 5; frames > 0; --frames) {
          frame odd;
          odd.op = static_cast<std::uint8_t>(random() % 7);
          odd.data = random() % 2 ? 0 : static_cast<std::uint64_t>(random()) << 32 | random();
          odd.receiver = odd.op == frame::down ? 0 : random() % 40;
          odd.sender = odd.op == frame::monitor ? 0 : random() % 40;
          std::string noise(random() % 60, '\0');
          for (auto& byte : noise)
            byte = static_cast<char>(random());
          const std::string_view names[] = {"@<>",       answer_signature, error_signature,
                                            "@<>+@exit", "@<>+@message",   "@<>+@down"};
          const std::string reasons[] = {error_bytes(message("@<>")),
                                         error_bytes(nested_messages(2000)),
                                         error_bytes(message("@<>+@str", text(noise))), noise};
          const auto& reason = reasons[random() % std::size(reasons)];
          const auto name = names[random() % std::size(names)];
          if (odd.op == frame::direct)
            odd.payload = length(0) + message(name, name == error_signature ? reason : noise);
          else if (odd.op != frame::heartbeat)
            odd.payload = node(number) + own + (odd.op == frame::down ? reason : "");
          bytes += odd.bytes();
        }
        peer.send(bytes);
        peer.sees_end(5ms);
      }};
  dial_often(client, dir / "control");
  expect_unharmed(client);
  CHECK(resident_kib() - before < (MAHAVISHNU_TEST_SANITIZED ? 1024 * 1024 : 64 * 1024));
}

TEST_CASE("errors nested 300000 deep from a server are not read", "[wire][hostile]") {
  node_system client;
  const auto hello = honest_hello();
  const auto own = serialized_node(*client);
  const auto nested = error_bytes(nested_messages(300'000));
  const frame down{.op = frame::down, .sender = 1, .payload = node(7) + own + nested};
  const scratch dir;
  std::atomic<int> closed = 0;
  const raw_server server{dir / "control", [&](raw_peer& peer) {
                            // to every actor that may be the client's
                            auto bytes = server_hello(hello, 7);
                            for (std::uint64_t receiver = 1; receiver < 4; ++receiver)
                              bytes += direct_message(error_signature, nested, receiver).bytes();
                            peer.send(bytes + down.bytes());
                            closed += peer.sees_end();
                          }};
  for (int i = 0; i < 3; ++i)
    static_cast<void>(dial<echo_actor>(*client, dir / "control", 2s).has_value());
  CHECK(eventually([&] { return closed == 3; }));
  expect_unharmed(client);
}
