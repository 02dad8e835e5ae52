// SPDX-License-Identifier: MIT
#include "mcp/bridge/reply_texts.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace mahavishnu::mcp::bridge {

namespace {

constexpr std::size_t longest_excerpt = 200;

/// In JSON, a line break is a blank: within a string it cannot stand.
std::string in_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  return text;
}

} // namespace

reply_texts::reply_texts(const net::answer_head& head, std::size_t max_bytes)
    : status_(head.status), most_(max_bytes), events_(max_bytes) {
  const auto* type = net::find_header(head.headers, "content-type");
  auto media = to_lower(type ? std::string_view{*type} : std::string_view{});
  is_stream_ = media.starts_with("text/event-stream");
  is_json_ = media.starts_with("application/json");
}

bool reply_texts::feed(std::string_view piece, const taker& take) {
  if (is_stream_)
    return events_.feed(piece, [&](net::sse_event event) {
      if (event.name == "message" && !event.data.empty())
        take(in_one_line(std::move(event.data)));
    });
  if (!is_json_)
    piece = piece.substr(0, longest_excerpt - std::min(longest_excerpt, body_.size()));
  if (body_.size() + piece.size() > most_)
    return false;
  body_ += piece;
  return true;
}

void reply_texts::finish(const taker& take) {
  if (is_json_ && !body_.empty())
    take(in_one_line(std::exchange(body_, {})));
}

std::string reply_texts::excerpt() const {
  return in_one_line(std::string{first_bytes(body_, longest_excerpt)});
}

} // namespace mahavishnu::mcp::bridge
