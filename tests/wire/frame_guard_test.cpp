// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "wire/frame_guard.hpp"
#include "wire/frames.hpp"

#include <optional>

using namespace mahavishnu::wire;
using namespace mahavishnu::wire::test;

namespace {

frame_rules rules_for(role side, std::uint32_t max_payload,
                      std::set<std::string, std::less<>> signatures) {
  return {side, max_payload, std::move(signatures), 0, node(1)};
}

const frame_rules server_rules = rules_for(role::accepting, 1000, {"@<>+ask", "@<>"});
const frame_rules client_rules =
    rules_for(role::connecting, 1000, {"@<>+answer", "@<>+@error", "@<>"});

/// What the guard says in the end about one frame.
verdict show(frame_guard& guard, const std::string& bytes) {
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  const auto said = guard.header(std::span<const std::byte, frame_header_size>{first, 32});
  if (said != verdict::hold)
    return said;
  REQUIRE(guard.payload_size() + frame_header_size == bytes.size());
  return guard.payload({first + frame_header_size, guard.payload_size()});
}

std::optional<close_reason> closes(frame_guard& guard, const std::string& bytes) {
  if (show(guard, bytes) != verdict::close)
    return std::nullopt;
  return guard.reason();
}

frame_guard greeted_server() {
  frame_guard guard{server_rules};
  REQUIRE(show(guard, client_handshake(7).bytes()) == verdict::pass);
  REQUIRE(show(guard, client_choice(7).bytes()) == verdict::pass);
  return guard;
}

frame server_handshake(std::uint32_t number) {
  return {.op = frame::server_handshake,
          .data = 3,
          .payload = node(number) + length(1) + text("app") + big_endian(5, 8) + length(1) +
                     text("interface")};
}

frame_guard greeted_client() {
  frame_guard guard{client_rules};
  REQUIRE(show(guard, server_handshake(7).bytes()) == verdict::pass);
  return guard;
}

std::string with(std::string bytes, std::size_t at, char value) {
  bytes[at] = value;
  return bytes;
}

frame monitor(const std::string& from, const std::string& to) {
  return {.op = frame::monitor, .receiver = 5, .payload = from + to};
}

frame down(const std::string& from, const std::string& to, const std::string& reason) {
  return {.op = frame::down, .sender = 5, .payload = from + to + reason};
}

const std::string plain_error = error_bytes(message("@<>"));
const std::string told_error = error_bytes(message("@<>+@str", text("why")));

} // namespace

TEST_CASE("nothing passes before the handshake", "[wire]") {
  frame_guard server{server_rules};
  CHECK(closes(server, direct_message("@<>+ask").bytes()) == close_reason::handshake_missing);
  CHECK(closes(server, frame{.op = frame::heartbeat}.bytes()) == close_reason::handshake_missing);
  CHECK(closes(server, server_handshake(7).bytes()) == close_reason::handshake_missing);
  CHECK(closes(server, monitor(node(7), node(1)).bytes()) == close_reason::handshake_missing);
  frame_guard client{client_rules};
  CHECK(closes(client, client_handshake(7).bytes()) == close_reason::handshake_missing);
}

TEST_CASE("a handshake comes once", "[wire]") {
  auto server = greeted_server();
  CHECK(closes(server, client_handshake(7).bytes()) == close_reason::handshake_repeated);
  CHECK(closes(server, client_choice(7).bytes()) == close_reason::handshake_repeated);
  CHECK(closes(server, server_handshake(7).bytes()) == close_reason::operation_refused);
  auto client = greeted_client();
  CHECK(closes(client, server_handshake(8).bytes()) == close_reason::handshake_repeated);
}

TEST_CASE("a client greets and then chooses the connection", "[wire]") {
  frame_guard guard{server_rules};
  CHECK(closes(guard, client_choice(7).bytes()) == close_reason::header_malformed);
  REQUIRE(show(guard, client_handshake(7).bytes()) == verdict::pass);
  CHECK(guard.has_greeted());
  CHECK_FALSE(guard.is_established());
  CHECK(closes(guard, client_handshake(7).bytes()) == close_reason::handshake_repeated);
  CHECK(closes(guard, direct_message("@<>+ask").bytes()) == close_reason::handshake_missing);
  CHECK(closes(guard, client_choice(8).bytes()) == close_reason::foreign_node);
  CHECK(show(guard, client_choice(7).bytes()) == verdict::pass);
  CHECK(guard.is_established());
}

TEST_CASE("an empty or oversized handshake closes", "[wire]") {
  frame_guard server{server_rules};
  const frame empty{.op = frame::client_handshake};
  CHECK(closes(server, empty.bytes()) == close_reason::handshake_size);
  CHECK(closes(server, empty.bytes(1025)) == close_reason::handshake_size);
  CHECK(closes(server, empty.bytes(0xFFFFFFFF)) == close_reason::handshake_size);
  frame_guard client{client_rules};
  const frame hello{.op = frame::server_handshake, .data = 3};
  CHECK(closes(client, hello.bytes()) == close_reason::handshake_size);
  CHECK(closes(client, hello.bytes((64u << 10) + 1)) == close_reason::handshake_size);
}

TEST_CASE("a handshake holds one node id and what belongs to it", "[wire]") {
  const auto client_says = [](std::string payload) {
    frame_guard guard{server_rules};
    return closes(guard, frame{.op = frame::client_handshake, .payload = payload}.bytes());
  };
  CHECK(client_says(node(7) + "x") == close_reason::handshake_malformed);
  CHECK(client_says(node(7).substr(0, 31)) == close_reason::handshake_malformed);
  CHECK(client_says(with(node(7), 7, 'u')) == close_reason::handshake_malformed);
  CHECK(client_says(node(1)) == close_reason::own_node);

  const auto server_says = [](std::string rest) {
    frame_guard guard{client_rules};
    return closes(
        guard, frame{.op = frame::server_handshake, .data = 3, .payload = node(7) + rest}.bytes());
  };
  const auto id = big_endian(5, 8);
  CHECK(server_says(length(0) + id + length(0)) == std::nullopt);
  CHECK(server_says(length(0) + id + length(0) + "x") == close_reason::handshake_malformed);
  CHECK(server_says(length(9) + id + length(0)) == close_reason::handshake_malformed);
  CHECK(server_says(length(0) + id + length(0xFFFFFFFF)) == close_reason::handshake_malformed);
  CHECK(server_says(length(0) + id + length(1) + length(0xFFFFFFFF)) ==
        close_reason::handshake_malformed);
  CHECK(server_says(length(0) + id + "\x80" + '\0') == close_reason::handshake_malformed);
  CHECK(server_says(length(0) + id) == close_reason::handshake_malformed);
}

TEST_CASE("a handshake that did not pass is no handshake", "[wire]") {
  frame_guard guard{server_rules};
  CHECK(closes(guard, frame{.op = frame::client_handshake, .payload = "x"}.bytes()));
  CHECK_FALSE(guard.has_greeted());
}

TEST_CASE("only listed messages pass, and others leave the connection alive", "[wire]") {
  auto guard = greeted_server();
  CHECK(show(guard, direct_message("@<>+other").bytes()) == verdict::drop);
  CHECK(guard.dropped() == "@<>+other");
  for (const auto* odd : {"@<>+@exit", "@<>+@message", "@<>+@atom+@strong_actor_ptr", "", "@<>+",
                          "@<>+ask+ask", "+ask", "@<>+@down", "@<>+@error"})
    CHECK(show(guard, direct_message(odd).bytes()) == verdict::drop);
  CHECK(show(guard, direct_message("@<>+ask", "anything").bytes()) == verdict::pass);
  CHECK(show(guard, direct_message("@<>").bytes()) == verdict::pass);
}

TEST_CASE("types of CAF that are no values stay out even when they are listed", "[wire]") {
  for (const auto* odd :
       {"@<>+@message", "@<>+@exit", "@<>+@down", "@<>+@atom+@strong_actor_ptr", "@<>+ask+@error",
        "@<>+@config_value", "@<>+@open_stream_msg", "@<>+@timeout", "@<>+@actor", "@<>+",
        "@<>+ask+", "@<>++ask", "ask", "", "@<>+@str\n"})
    CHECK_FALSE(is_safe_signature(odd));
  for (const auto* fine : {"@<>", "@<>+@error", "@<>+ask", "@<>+ask+@str", "@<>+@atom+@u64+bool"})
    CHECK(is_safe_signature(fine));

  const frame_rules careless = rules_for(role::accepting, 1000, {"@<>+@message"});
  frame_guard guard{careless};
  REQUIRE(show(guard, client_handshake(7).bytes()) == verdict::pass);
  REQUIRE(show(guard, client_choice(7).bytes()) == verdict::pass);
  CHECK(show(guard, direct_message("@<>+@message", nested_messages(3)).bytes()) == verdict::drop);
}

TEST_CASE("a receiver by name is dropped without a look at the payload", "[wire]") {
  auto guard = greeted_server();
  auto named = direct_message("@<>+ask");
  named.flags = 1;
  CHECK(show(guard, named.bytes()) == verdict::drop);
  CHECK(guard.dropped().empty()); // CAF asks once by itself
  CHECK(show(guard, named.bytes()) == verdict::drop);
  CHECK(guard.dropped() == "a receiver by name");
  named.flags = 3;
  CHECK(closes(guard, named.bytes()) == close_reason::header_malformed);
}

TEST_CASE("with one published actor messages go to it alone", "[wire]") {
  auto rules = server_rules;
  rules.receiver = 5;
  frame_guard guard{rules};
  REQUIRE(show(guard, client_handshake(7).bytes()) == verdict::pass);
  REQUIRE(show(guard, client_choice(7).bytes()) == verdict::pass);
  CHECK(show(guard, direct_message("@<>+ask", {}, 6).bytes()) == verdict::drop);
  CHECK(show(guard, direct_message("@<>+ask", {}, 5).bytes()) == verdict::pass);
}

TEST_CASE("message ids of stream queues close", "[wire]") {
  auto guard = greeted_server();
  auto asked = direct_message("@<>+ask");
  for (const std::uint64_t category : {2, 3}) {
    asked.data = category << 60 | 5;
    CHECK(closes(guard, asked.bytes()) == close_reason::stream_message);
    asked.data |= 1ull << 63;
    CHECK(closes(guard, asked.bytes()) == close_reason::stream_message);
  }
  asked.data = 1ull << 60 | 5;
  CHECK(show(guard, asked.bytes()) == verdict::pass);
  asked.data = 1ull << 63 | 5;
  CHECK(show(guard, asked.bytes()) == verdict::pass);
}

TEST_CASE("payloads above the limit close before they are read", "[wire]") {
  auto guard = greeted_server();
  CHECK(closes(guard, direct_message("@<>+ask").bytes(1001)) == close_reason::payload_too_large);
  CHECK(closes(guard, direct_message("@<>+ask").bytes(0xFFFFFFFF)) ==
        close_reason::payload_too_large);
  CHECK(closes(guard, direct_message("@<>+ask").bytes(0)) == close_reason::payload_missing);
  CHECK(closes(guard, monitor(node(7), node(1)).bytes(0)) == close_reason::payload_missing);
  CHECK(closes(guard, monitor(node(7), node(1)).bytes(1001)) == close_reason::payload_too_large);
  const frame_rules large = rules_for(role::accepting, 1u << 20, {"@<>+ask"});
  frame_guard roomy{large};
  REQUIRE(show(roomy, client_handshake(7).bytes()) == verdict::pass);
  REQUIRE(show(roomy, client_choice(7).bytes()) == verdict::pass);
  CHECK(closes(roomy, down(node(7), node(1), plain_error).bytes((64u << 10) + 1)) ==
        close_reason::payload_too_large);
}

TEST_CASE("messages must begin as messages do", "[wire]") {
  auto guard = greeted_server();
  const auto says = [&](std::string payload) {
    return closes(guard, frame{.receiver = 1, .payload = payload}.bytes());
  };
  CHECK(says(length(1) + message("@<>+ask")) == close_reason::message_malformed);
  CHECK(says(length(0) + big_endian(1, 2) + text("@<>+ask")) == close_reason::message_malformed);
  CHECK(says(length(0)) == close_reason::message_malformed);
  CHECK(says(length(0) + big_endian(0, 2) + length(8) + "@<>+ask") ==
        close_reason::message_malformed);
  CHECK(says(length(0) + big_endian(0, 2) + "\x87" + '\0' + "@<>+ask") ==
        close_reason::message_malformed);
  CHECK(says(length(0) + big_endian(0, 2) + "\xFF\xFF\xFF\xFF\xFF\xFF") ==
        close_reason::message_malformed);
  CHECK(says(length(0) + message("@<>") + "x") == close_reason::message_malformed);
}

TEST_CASE("routing, unknown operations and filled padding close", "[wire]") {
  auto guard = greeted_server();
  auto odd = direct_message("@<>+ask");
  for (const int operation : {3, 7, 8, 255}) {
    odd.op = static_cast<std::uint8_t>(operation);
    CHECK(closes(guard, odd.bytes()) == close_reason::operation_refused);
  }
  odd.op = frame::direct;
  CHECK(closes(guard, with(odd.bytes(), 1, 1)) == close_reason::header_malformed);
  CHECK(closes(guard, with(odd.bytes(), 2, 1)) == close_reason::header_malformed);
  odd.receiver = 0;
  CHECK(closes(guard, odd.bytes()) == close_reason::header_malformed);
}

TEST_CASE("a heartbeat is empty", "[wire]") {
  auto guard = greeted_server();
  CHECK(show(guard, frame{.op = frame::heartbeat}.bytes()) == verdict::pass);
  CHECK(closes(guard, frame{.op = frame::heartbeat, .payload = "x"}.bytes()) ==
        close_reason::payload_unexpected);
  CHECK(closes(guard, frame{.op = frame::heartbeat, .data = 1}.bytes()) ==
        close_reason::header_malformed);
}

TEST_CASE("a monitor notice goes from the peer to us", "[wire]") {
  auto guard = greeted_server();
  CHECK(show(guard, monitor(node(7), node(1)).bytes()) == verdict::pass);
  CHECK(closes(guard, monitor(node(8), node(1)).bytes()) == close_reason::foreign_node);
  CHECK(closes(guard, monitor(node(7), node(8)).bytes()) == close_reason::foreign_node);
  CHECK(closes(guard, monitor(node(7), node(1) + "x").bytes()) == close_reason::notice_malformed);
  CHECK(closes(guard, monitor(node(7), "x").bytes()) == close_reason::notice_malformed);
  auto odd = monitor(node(7), node(1));
  odd.sender = 1;
  CHECK(closes(guard, odd.bytes()) == close_reason::header_malformed);
}

TEST_CASE("a down notice has a plain reason", "[wire]") {
  auto guard = greeted_client();
  const auto says = [&](const std::string& reason) {
    return show(guard, down(node(7), node(1), reason).bytes());
  };
  CHECK(says(plain_error) == verdict::pass);
  CHECK(says(told_error) == verdict::pass);
  for (const auto& odd :
       {plain_error + "x", told_error + "x", error_bytes(nested_messages(3)), std::string{},
        error_bytes(message("@<>+@message", told_error)), told_error.substr(0, 20),
        error_bytes(message("@<>+@str+@message", text("why") + message("@<>"))),
        error_bytes(message("@<>+@str", text("why") + nested_messages(1))),
        error_bytes(message("@<>+@str", length(0xFFFFFFFF)))}) {
    CHECK(says(odd) == verdict::close);
    CHECK(guard.reason() == close_reason::notice_malformed);
  }
  CHECK(closes(guard, down(node(8), node(1), plain_error).bytes()) == close_reason::foreign_node);
}

TEST_CASE("an error as a reply has a plain context", "[wire]") {
  auto guard = greeted_client();
  const auto says = [&](const std::string& reason) {
    return show(guard, direct_message("@<>+@error", reason).bytes());
  };
  CHECK(says(plain_error) == verdict::pass);
  CHECK(says(told_error) == verdict::pass);
  for (const auto& odd : {plain_error + "x", error_bytes(nested_messages(3)), std::string{}}) {
    CHECK(says(odd) == verdict::close);
    CHECK(guard.reason() == close_reason::error_malformed);
  }
}

TEST_CASE("every reason has a name", "[wire]") {
  for (std::size_t i = 0; i < close_reason_count; ++i)
    CHECK(to_string(static_cast<close_reason>(i)) != "unknown");
}
