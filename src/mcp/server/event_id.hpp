// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// Names an event of a session: the stream that it was in, and its place there.
struct event_id {
  std::uint32_t stream = 0;
  std::uint64_t place = 0;

  /// As `3-17`.
  std::string text() const;
  friend bool operator==(const event_id&, const event_id&) = default;
};

/// Only what text() would write.
std::optional<event_id> parse_event_id(std::string_view text);

} // namespace mahavishnu::mcp::server
