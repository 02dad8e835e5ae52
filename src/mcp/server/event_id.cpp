// SPDX-License-Identifier: MIT
#include "mcp/server/event_id.hpp"

#include <charconv>

namespace mahavishnu::mcp::server {

namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  auto is_whole = failure == std::errc{} && end == text.data() + text.size();
  if (!is_whole || (text.size() > 1 && text.front() == '0'))
    return std::nullopt;
  return number;
}

} // namespace

std::string event_id::text() const {
  return std::to_string(stream) + "-" + std::to_string(place);
}

std::optional<event_id> parse_event_id(std::string_view text) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return std::nullopt;
  auto stream = number_of<std::uint32_t>(text.substr(0, dash));
  auto place = number_of<std::uint64_t>(text.substr(dash + 1));
  if (!stream || !place)
    return std::nullopt;
  return event_id{*stream, *place};
}

} // namespace mahavishnu::mcp::server
