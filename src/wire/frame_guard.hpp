// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace mahavishnu::wire {

/// Which side of a connection we are.
enum class role : std::uint8_t {
  /// We took the connection: the peer is a client and introduces itself with a client handshake.
  accepting,
  /// We made the connection: the peer is a server and introduces itself with a server handshake.
  connecting,
};

/// What to do with the bytes that were shown to the guard.
enum class verdict : std::uint8_t {
  /// Hand them on (a payload: together with its header).
  pass,
  /// Keep the header back and show the payload first.
  hold,
  /// Throw the whole frame away and go on; the connection lives.
  drop,
  /// Close the connection; `close_reason` says why.
  close,
};

/// Why a connection was closed.
enum class close_reason : std::uint8_t {
  /// Something else came before the handshake was complete.
  handshake_missing,
  /// A handshake came after the handshake.
  handshake_repeated,
  /// The handshake is empty or longer than any honest one.
  handshake_size,
  /// The handshake does not hold what a handshake holds.
  handshake_malformed,
  /// The peer claims to be this very process.
  own_node,
  /// The announced payload is longer than allowed.
  payload_too_large,
  /// A frame that must carry something is empty.
  payload_missing,
  /// A frame that carries nothing announces a payload.
  payload_unexpected,
  /// An operation that we never use: routing, the other side's handshake, or a number unknown.
  operation_refused,
  /// Fields of the header that must be zero are not, or the other way round.
  header_malformed,
  /// The message id would select one of the stream queues, which read contents unchecked.
  stream_message,
  /// A message that does not begin as a message begins, or has a forwarding stack.
  message_malformed,
  /// An error with a context other than one text.
  error_malformed,
  /// A monitor or down notice that does not hold what it must.
  notice_malformed,
  /// A monitor or down notice from or for another node than the two of this connection.
  foreign_node,
};

inline constexpr std::size_t close_reason_count =
    static_cast<std::size_t>(close_reason::foreign_node) + 1;

std::string_view to_string(close_reason reason);

/// Size of a frame's header on the wire.
inline constexpr std::size_t frame_header_size = 32;

/// Size of a node's id on the wire.
inline constexpr std::size_t node_id_size = 32;

/// Signature of a reply that is an error.
inline constexpr std::string_view error_signature = "@<>+@error";

/// What may come over a connection.
struct frame_rules {
  role side = role::accepting;
  /// Largest payload in bytes.
  std::uint32_t max_payload = 16u << 20;
  /// The messages that may come, as lists of type names: `@<>+name+name`. Those that are not
  /// `is_safe_signature` stay refused.
  std::set<std::string, std::less<>> signatures;
  /// The only actor that messages may go to; 0 for any whose number the peer knows or guesses.
  std::uint64_t receiver = 0;
  /// The serialized id of this process: who claims to be us is refused, and notices must be for us.
  std::string own_node;
};

/// Whether messages of this signature can be let in at all: values and types of our own may, types
/// of CAF that nest without end, end actors or link to them may not. An error must stand alone.
bool is_safe_signature(std::string_view signature);

/// Decides over the frames that a peer sends, before CAF sees them. Knows the format of CAF 0.17's
/// wire; unaware of sockets, of threads and of CAF itself.
///
/// Show it the header of each frame and, unless the verdict was `pass` or `close`, take
/// `payload_size()` bytes from the wire: after `hold` show them to `payload`, after `drop` forget
/// them. Payloads are never let through unseen.
class frame_guard {
public:
  /// @pre `rules` lives longer than the guard.
  explicit frame_guard(const frame_rules& rules) : rules_(rules) {}

  verdict header(std::span<const std::byte, frame_header_size> bytes);

  /// @pre The last verdict over a header was `hold` and `bytes` has `payload_size()` bytes.
  verdict payload(std::span<const std::byte> bytes);

  /// Bytes that follow the last header.
  std::uint32_t payload_size() const { return payload_size_; }

  /// Whether the peer has said who it is: from now on it may hear who we are.
  bool has_greeted() const { return !peer_node_.empty(); }

  /// Whether the handshake is complete. A client greets twice: first with its name, and again, with
  /// a flag, when it has heard the server and wants this connection and no older one.
  bool is_established() const {
    return has_greeted() && (chosen_ || rules_.side == role::connecting);
  }

  /// The serialized id of the peer's process; empty until it has greeted.
  const std::string& peer_node() const { return peer_node_; }

  /// @pre The last verdict was `close`.
  close_reason reason() const { return reason_; }

  /// What the last dropped frame was: a refused signature, or what it asked for. Empty when every
  /// peer sends one like it.
  const std::string& dropped() const { return dropped_; }

private:
  verdict close(close_reason reason);
  verdict drop(std::string_view what);
  verdict client_handshake_header(std::uint8_t flags);
  verdict server_handshake_header(std::uint8_t flags);
  verdict message_header(std::uint8_t flags, std::uint64_t message_id, std::uint64_t receiver);
  verdict client_handshake(std::span<const std::byte> bytes);
  verdict server_handshake(std::span<const std::byte> bytes);
  verdict message(std::span<const std::byte> bytes);
  verdict notice(std::span<const std::byte> bytes, bool with_reason);
  verdict greet(std::span<const std::byte> node);

  const frame_rules& rules_;
  std::uint8_t operation_ = 0;
  bool chosen_ = false;
  bool asked_by_name_ = false;
  std::uint32_t payload_size_ = 0;
  close_reason reason_ = close_reason::handshake_missing;
  std::string peer_node_;
  std::string dropped_;
};

} // namespace mahavishnu::wire
