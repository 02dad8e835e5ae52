// SPDX-License-Identifier: MIT
#include "mcp/client/resumption.hpp"

#include "net/header_text.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds shortest_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 30s;
constexpr unsigned most_in_vain = 5;
/// Some servers close every stream on purpose and let the client come back until the answer is
/// there.
constexpr unsigned most_in_all = 10'000;
constexpr std::size_t longest_id = 4096;

} // namespace

void resumption::note(const std::string& event_id, std::optional<std::chrono::milliseconds> retry) {
  if (retry)
    pause_ = std::clamp(*retry, shortest_pause, longest_pause);
  if (event_id.empty() || event_id == event_id_ || event_id.size() > longest_id ||
      !net::is_header_value(event_id))
    return;
  event_id_ = event_id;
  in_vain_ = 0;
}

std::optional<std::chrono::milliseconds> resumption::next() {
  if (event_id_.empty() || in_vain_ == most_in_vain || in_all_ == most_in_all)
    return std::nullopt;
  ++in_vain_;
  ++in_all_;
  return pause_;
}

} // namespace mahavishnu::mcp
