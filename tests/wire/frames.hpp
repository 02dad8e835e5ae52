// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mahavishnu::wire::test {

/// Writes frames of CAF's wire byte by byte, honest ones and others.
struct frame {
  enum operation : std::uint8_t {
    server_handshake = 0,
    client_handshake = 1,
    direct = 2,
    routed = 3,
    monitor = 4,
    down = 5,
    heartbeat = 6,
  };

  std::uint8_t op = direct;
  std::uint8_t flags = 0;
  std::uint64_t data = 0;
  std::uint64_t sender = 0;
  std::uint64_t receiver = 0;
  std::string payload{};

  /// The frame as it is, or with a length in its header that is a lie.
  std::string bytes() const { return bytes(static_cast<std::uint32_t>(payload.size())); }
  std::string bytes(std::uint32_t announced) const;
};

std::string big_endian(std::uint64_t value, int size);
std::string length(std::uint32_t value);
std::string text(std::string_view value);

/// The id of a node that does not exist; equal numbers give equal ids.
std::string node(std::uint32_t number);

/// A message as it stands in payloads: its signature, then the values.
std::string message(std::string_view signature, std::string_view values = {});

/// `depth` messages in one another: reading them by recursion overflows a stack.
std::string nested_messages(int depth);

/// An error with this context, which is a message.
std::string error_bytes(std::string_view context);

/// How a client greets; the second greeting chooses the connection.
frame client_handshake(std::uint32_t number);
frame client_choice(std::uint32_t number);

/// Both greetings, one after the other.
std::string client_hello(std::uint32_t number);

frame direct_message(std::string_view signature, std::string_view values = {},
                     std::uint64_t receiver = 1);

} // namespace mahavishnu::wire::test
