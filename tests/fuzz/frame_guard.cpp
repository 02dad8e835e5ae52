// SPDX-License-Identifier: MIT
// Shows arbitrary streams of bytes to the guard, in both roles, and checks what must always hold.
#include "wire/frame_guard.hpp"

#include "wire/frames.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

using namespace mahavishnu::wire;

namespace {

constexpr std::uint32_t cap = 4096;

void must(bool holds) {
  if (!holds)
    std::abort();
}

/// The signature of a direct message, read anew and without the guard's own reader.
std::string_view signature_of(std::string_view payload) {
  must(payload.size() > 3 && payload.substr(0, 3) == std::string_view("\0\0\0", 3));
  payload.remove_prefix(3);
  std::size_t size = static_cast<unsigned char>(payload.front());
  std::size_t skip = 1;
  if (size >= 0x80) {
    must(payload.size() > 1);
    size = (size & 0x7F) | static_cast<std::size_t>(static_cast<unsigned char>(payload[1])) << 7;
    skip = 2;
  }
  must(payload.size() >= skip + size);
  return payload.substr(skip, size);
}

/// An error and nothing behind it, in the only two forms it may have.
void must_be_plain_error(std::string_view bytes) {
  constexpr std::string_view empty("\0\0\3@<>", 6);
  constexpr std::string_view told("\0\0\x08@<>+@str", 11);
  must(bytes.size() >= 9 + empty.size());
  bytes.remove_prefix(9);
  must(bytes == empty || (bytes.starts_with(told) && bytes.size() > told.size()));
}

void check_passed(const frame_rules& rules, bool established, const std::uint8_t* header,
                  std::string_view payload) {
  must(payload.size() <= (header[0] <= 1 ? 64u << 10 : cap));
  must(header[0] <= 6 && header[0] != 3);
  must(header[0] == (rules.side == role::accepting ? 1 : 0) || established);
  if (header[0] == 2) {
    const auto signature = signature_of(payload);
    must(rules.signatures.contains(signature));
    must(signature.find("@message") == std::string_view::npos);
    must((header[3] & 1) == 0);
    must((header[8] & 0x20) == 0); // neither of the stream queues
    if (signature == error_signature)
      must_be_plain_error(payload.substr(4 + signature.size()));
  }
  if (header[0] == 5)
    must_be_plain_error(payload.substr(2 * node_id_size));
  if (header[0] == 6)
    must(payload.empty());
}

void run(const frame_rules& rules, std::string_view input) {
  frame_guard guard{rules};
  while (input.size() >= frame_header_size) {
    const auto* header = reinterpret_cast<const std::uint8_t*>(input.data());
    const auto established = guard.is_established();
    const auto greeted = guard.has_greeted();
    const auto said = guard.header(std::span<const std::byte, frame_header_size>{
        reinterpret_cast<const std::byte*>(header), frame_header_size});
    input.remove_prefix(frame_header_size);
    if (said == verdict::close)
      return must(to_string(guard.reason()) != "unknown");
    const auto size = guard.payload_size();
    must(size <= (header[0] <= 1 ? 64u << 10 : cap));
    if (said == verdict::pass) {
      must(size == 0);
      check_passed(rules, established, header, {});
      continue;
    }
    if (size > input.size())
      return;
    const auto payload = input.substr(0, size);
    input.remove_prefix(size);
    if (said == verdict::drop) {
      must(established && guard.is_established());
      continue;
    }
    const auto then =
        guard.payload({reinterpret_cast<const std::byte*>(payload.data()), payload.size()});
    must(then != verdict::hold);
    must(!greeted || guard.has_greeted());
    if (then == verdict::close)
      return;
    if (then == verdict::pass)
      check_passed(rules, established, header, payload);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const frame_rules server{
      role::accepting, cap, {"@<>+ask", "@<>", "@<>+@message"}, 0, test::node(1)};
  static const frame_rules client{
      role::connecting, cap, {"@<>+answer", "@<>+@error", "@<>"}, 0, test::node(1)};
  static const auto client_hello = test::client_hello(7);
  static const auto server_hello = test::frame{.op = test::frame::server_handshake,
                                               .data = 3,
                                               .payload = test::node(7) + test::length(0) +
                                                          test::big_endian(5, 8) + test::length(0)}
                                       .bytes();
  if (size == 0)
    return 0;
  // the first byte chooses the role, and whether an honest handshake comes before the rest
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto& rules = data[0] & 1 ? server : client;
  const auto& hello = data[0] & 1 ? client_hello : server_hello;
  run(rules, data[0] & 2 ? hello + std::string{input} : std::string{input});
  return 0;
}
