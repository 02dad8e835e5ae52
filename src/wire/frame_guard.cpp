// SPDX-License-Identifier: MIT
#include "wire/frame_guard.hpp"

#include "wire/byte_reader.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace mahavishnu::wire {

namespace {

enum operation : std::uint8_t {
  op_server_handshake = 0,
  op_client_handshake = 1,
  op_direct_message = 2,
  op_monitor = 4,
  op_down = 5,
  op_heartbeat = 6,
};

constexpr std::uint8_t named_receiver = 0x01;
constexpr std::uint8_t choose_connection = 0x02;
constexpr std::uint64_t protocol_version = 3;

constexpr std::uint32_t max_client_handshake = 1u << 10;
constexpr std::uint32_t max_server_handshake = 64u << 10;
constexpr std::uint32_t max_notice = 64u << 10;

constexpr std::size_t max_signature = 1u << 10;
constexpr std::size_t max_interface_name = 4u << 10;

/// CAF's atom("default"): a node id made of a process number and a hash of the host. The other kind
/// holds a URI, which CAF would have to parse.
constexpr std::uint64_t default_node = 0x0000'3E9A'AB9B'AC79;

std::optional<std::span<const std::byte>> read_node(byte_reader& in) {
  byte_reader kind{in};
  if (kind.number<std::uint64_t>() != default_node)
    return std::nullopt;
  return in.take(node_id_size);
}

/// The list of type names that every message begins with.
std::optional<std::string_view> read_signature(byte_reader& in) {
  if (in.number<std::uint16_t>() != 0)
    return std::nullopt;
  return in.text(max_signature);
}

/// An error's context is a whole message, and CAF reads messages in messages by recursion:
/// thousands of them in one payload overflow the stack. Ours is nothing or one text.
bool is_plain_error(byte_reader in) {
  if (!in.number<std::uint8_t>() || !in.number<std::uint64_t>())
    return false;
  const auto context = read_signature(in);
  if (!context)
    return false;
  if (*context == "@<>+@str" && !in.text(in.left()))
    return false;
  return (*context == "@<>" || *context == "@<>+@str") && in.at_end();
}

bool equal(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() == text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// CAF's own types that are plain values.
constexpr std::array<std::string_view, 23> plain_types{
    "@atom", "@charbuf", "@duration", "@i16",    "@i32",    "@i64",       "@i8",   "@ldouble",
    "@node", "@str",     "@strmap",   "@strset", "@strvec", "@timespan",  "@u16",  "@u32",
    "@u64",  "@u8",      "@unit",     "bool",    "double",  "@timestamp", "float",
};

} // namespace

bool is_safe_signature(std::string_view signature) {
  constexpr std::string_view empty = "@<>";
  if (signature == empty || signature == error_signature)
    return true;
  if (signature.size() > max_signature || !signature.starts_with("@<>+"))
    return false;
  for (auto rest = signature.substr(empty.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const auto name = rest.substr(0, rest.find('+'));
    rest.remove_prefix(name.size());
    const bool ours = !name.empty() && name.front() != '@';
    if (!ours && std::ranges::find(plain_types, name) == plain_types.end())
      return false;
  }
  return true;
}

verdict frame_guard::header(std::span<const std::byte, frame_header_size> bytes) {
  byte_reader in{bytes};
  operation_ = *in.number<std::uint8_t>();
  const auto padding = *in.number<std::uint16_t>();
  const auto flags = *in.number<std::uint8_t>();
  payload_size_ = *in.number<std::uint32_t>();
  const auto data = *in.number<std::uint64_t>();
  const auto sender = *in.number<std::uint64_t>();
  const auto receiver = *in.number<std::uint64_t>();

  if (padding != 0)
    return close(close_reason::header_malformed);
  const auto handshake = rules_.side == role::accepting ? op_client_handshake : op_server_handshake;
  if (operation_ == handshake) {
    const auto version = handshake == op_server_handshake ? protocol_version : 0;
    if (data != version || sender != 0 || receiver != 0)
      return close(close_reason::header_malformed);
    return handshake == op_server_handshake ? server_handshake_header(flags)
                                            : client_handshake_header(flags);
  }
  if (!is_established())
    return close(close_reason::handshake_missing);
  if (operation_ != op_direct_message && flags != 0)
    return close(close_reason::header_malformed);

  switch (operation_) {
  case op_direct_message: return message_header(flags, data, receiver);
  case op_monitor:
    if (data != 0 || sender != 0 || receiver == 0)
      return close(close_reason::header_malformed);
    break;
  case op_down:
    if (data != 0 || sender == 0 || receiver != 0)
      return close(close_reason::header_malformed);
    break;
  case op_heartbeat:
    if (payload_size_ != 0)
      return close(close_reason::payload_unexpected);
    if (data != 0 || sender != 0 || receiver != 0)
      return close(close_reason::header_malformed);
    return verdict::pass;
  default: return close(close_reason::operation_refused);
  }

  if (payload_size_ == 0)
    return close(close_reason::payload_missing);
  if (payload_size_ > std::min(max_notice, rules_.max_payload))
    return close(close_reason::payload_too_large);
  return verdict::hold;
}

verdict frame_guard::payload(std::span<const std::byte> bytes) {
  assert(bytes.size() == payload_size_);
  switch (operation_) {
  case op_client_handshake: return client_handshake(bytes);
  case op_server_handshake: return server_handshake(bytes);
  case op_direct_message: return message(bytes);
  case op_monitor: return notice(bytes, false);
  case op_down: return notice(bytes, true);
  default: return close(close_reason::operation_refused);
  }
}

verdict frame_guard::close(close_reason reason) {
  reason_ = reason;
  return verdict::close;
}

verdict frame_guard::drop(std::string_view what) {
  dropped_ = what;
  return verdict::drop;
}

verdict frame_guard::client_handshake_header(std::uint8_t flags) {
  if (is_established() || (has_greeted() && flags != choose_connection))
    return close(close_reason::handshake_repeated);
  if (!has_greeted() && flags != 0)
    return close(close_reason::header_malformed);
  if (payload_size_ == 0 || payload_size_ > max_client_handshake)
    return close(close_reason::handshake_size);
  return verdict::hold;
}

verdict frame_guard::server_handshake_header(std::uint8_t flags) {
  if (has_greeted())
    return close(close_reason::handshake_repeated);
  if (flags != 0)
    return close(close_reason::header_malformed);
  if (payload_size_ == 0 || payload_size_ > max_server_handshake)
    return close(close_reason::handshake_size);
  return verdict::hold;
}

verdict frame_guard::message_header(std::uint8_t flags, std::uint64_t message_id,
                                    std::uint64_t receiver) {
  if (payload_size_ == 0)
    return close(close_reason::payload_missing);
  if (payload_size_ > rules_.max_payload)
    return close(close_reason::payload_too_large);
  // Two bits of the id choose the queue of the receiver: urgent, normal, and two for streams.
  if ((message_id >> 60 & 3) > 1)
    return close(close_reason::stream_message);
  if ((flags & ~named_receiver) != 0 || receiver == 0)
    return close(close_reason::header_malformed);
  // A CAF peer without our guard asks once for the spawn server: nothing to talk about.
  if ((flags & named_receiver) != 0)
    return drop(std::exchange(asked_by_name_, true) ? "a receiver by name" : "");
  if (rules_.receiver != 0 && receiver != rules_.receiver)
    return drop("a receiver that is not published");
  return verdict::hold;
}

verdict frame_guard::greet(std::span<const std::byte> node) {
  if (equal(node, rules_.own_node))
    return close(close_reason::own_node);
  peer_node_.assign(reinterpret_cast<const char*>(node.data()), node.size());
  return verdict::pass;
}

verdict frame_guard::client_handshake(std::span<const std::byte> bytes) {
  byte_reader in{bytes};
  const auto node = read_node(in);
  if (!node || !in.at_end())
    return close(close_reason::handshake_malformed);
  if (!has_greeted())
    return greet(*node);
  if (!equal(*node, peer_node_))
    return close(close_reason::foreign_node);
  chosen_ = true;
  return verdict::pass;
}

verdict frame_guard::server_handshake(std::span<const std::byte> bytes) {
  byte_reader in{bytes};
  const auto node = read_node(in);
  const auto read_texts = [&in] {
    auto count = in.length();
    while (count && *count > 0 && in.text(max_interface_name))
      --*count;
    return count == 0u;
  };
  // the applications it is for, the id of the published actor, the interface of that actor
  if (!node || !read_texts() || !in.number<std::uint64_t>() || !read_texts() || !in.at_end())
    return close(close_reason::handshake_malformed);
  return greet(*node);
}

verdict frame_guard::message(std::span<const std::byte> bytes) {
  byte_reader in{bytes};
  // The forwarding stack names actors of other nodes; nobody who speaks to us needs one.
  if (in.length() != 0u)
    return close(close_reason::message_malformed);
  const auto signature = read_signature(in);
  if (!signature)
    return close(close_reason::message_malformed);
  if (!rules_.signatures.contains(*signature) || !is_safe_signature(*signature))
    return drop(*signature);
  if (*signature == "@<>" && !in.at_end())
    return close(close_reason::message_malformed);
  if (*signature == error_signature && !is_plain_error(in))
    return close(close_reason::error_malformed);
  return verdict::pass;
}

verdict frame_guard::notice(std::span<const std::byte> bytes, bool with_reason) {
  byte_reader in{bytes};
  const auto from = read_node(in);
  const auto to = read_node(in);
  if (!from || !to || (with_reason ? !is_plain_error(in) : !in.at_end()))
    return close(close_reason::notice_malformed);
  if (!equal(*from, peer_node_) || (!rules_.own_node.empty() && !equal(*to, rules_.own_node)))
    return close(close_reason::foreign_node);
  return verdict::pass;
}

std::string_view to_string(close_reason reason) {
  switch (reason) {
  case close_reason::handshake_missing: return "handshake_missing";
  case close_reason::handshake_repeated: return "handshake_repeated";
  case close_reason::handshake_size: return "handshake_size";
  case close_reason::handshake_malformed: return "handshake_malformed";
  case close_reason::own_node: return "own_node";
  case close_reason::payload_too_large: return "payload_too_large";
  case close_reason::payload_missing: return "payload_missing";
  case close_reason::payload_unexpected: return "payload_unexpected";
  case close_reason::operation_refused: return "operation_refused";
  case close_reason::header_malformed: return "header_malformed";
  case close_reason::stream_message: return "stream_message";
  case close_reason::message_malformed: return "message_malformed";
  case close_reason::error_malformed: return "error_malformed";
  case close_reason::notice_malformed: return "notice_malformed";
  case close_reason::foreign_node: return "foreign_node";
  }
  return "unknown";
}

} // namespace mahavishnu::wire
