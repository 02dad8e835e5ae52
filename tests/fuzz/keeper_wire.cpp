// SPDX-License-Identifier: MIT
// Shows arbitrary streams of bytes to what reads the connection of a keeper, in both directions,
// and to what reads its run log.
#include "exec/keeper_wire.hpp"

#include "exec/run_log.hpp"

#include <cstdlib>
#include <string_view>

using namespace mahavishnu::exec;

namespace {

void must(bool holds) {
  if (!holds)
    std::abort();
}

/// What can be read can be written, and is then the same bytes.
template <class Message>
void must_be_the_same(const std::optional<Message>& decoded, std::string_view frame) {
  if (!decoded)
    return;
  auto again = keeper_wire::encode(*decoded);
  must(again.has_value());
  must(std::string_view{*again}.substr(4) == frame);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};

  keeper_wire::frame_reader whole;
  keeper_wire::frame_reader in_pieces;
  whole.add(bytes);
  auto rest = bytes;
  while (auto frame = whole.next()) {
    must(!frame->empty() && frame->size() <= keeper_wire::largest_frame);
    must_be_the_same(keeper_wire::decode_command(*frame), *frame);
    must_be_the_same(keeper_wire::decode_notice(*frame), *frame);
    std::optional<std::string_view> same;
    while (!(same = in_pieces.next())) {
      must(!rest.empty());
      auto piece = rest.substr(0, 1 + rest.size() % 7);
      in_pieces.add(piece);
      rest.remove_prefix(piece.size());
    }
    must(*same == *frame);
  }
  // Frames without a length in front, so that the fuzzer need not guess it.
  must_be_the_same(keeper_wire::decode_command(bytes), bytes);
  must_be_the_same(keeper_wire::decode_notice(bytes), bytes);

  auto log = read_run_log(bytes);
  must(log.good_bytes <= size);
  must(log.good_bytes == size || !log.warnings.empty());
  for (const auto& [name, run] : log.runs)
    must(is_run_name(name) && run.run == name);
  return 0;
}
