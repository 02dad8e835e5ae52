// SPDX-License-Identifier: MIT
// Shows arbitrary headers to what reads the id of an event: what is accepted is what would be
// written.
#include "mcp/server/event_id.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  if (auto id = mahavishnu::mcp::server::parse_event_id(text); id && id->text() != text)
    std::abort();
  // Every id can be read again.
  std::uint64_t numbers[2] = {};
  for (std::size_t i = 0; i < size && i < 16; ++i)
    numbers[i / 8] = numbers[i / 8] << 8 | data[i];
  mahavishnu::mcp::server::event_id made{static_cast<std::uint32_t>(numbers[0]), numbers[1]};
  if (mahavishnu::mcp::server::parse_event_id(made.text()) != made)
    std::abort();
  return 0;
}
