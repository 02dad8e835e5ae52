// SPDX-License-Identifier: MIT
#include "mcp/client/reply_reader.hpp"

#include "base/text.hpp"

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t longest_excerpt = 1000;
constexpr std::size_t largest_batch = 1000;

} // namespace

reply_reader::reply_reader(const reply_limits& limits, const net::answer_head& head)
    : limits_(limits), status_(head.status), events_(limits.message_bytes) {
  const auto* type = net::find_header(head.headers, "content-type");
  auto media = to_lower(type ? std::string_view{*type} : std::string_view{});
  if (media.starts_with("application/json"))
    form_ = form::one_text;
  else if (media.starts_with("text/event-stream"))
    form_ = form::stream;
}

void reply_reader::feed(std::string_view piece, const message_handler& take) {
  if (violation_)
    return;
  switch (form_) {
  case form::stream:
    if (!events_.feed(piece, [&](const net::sse_event& event) {
          // An event without data only says where the stream is.
          if (event.name == "message" && !event.data.empty())
            read_text(event.data, take);
        }))
      violation_ = "has an event of more than " + std::to_string(limits_.message_bytes) + " bytes";
    break;
  case form::one_text:
    if (text_.size() + piece.size() > limits_.message_bytes)
      violation_ = "has more than " + std::to_string(limits_.message_bytes) + " bytes";
    else
      text_ += piece;
    break;
  case form::other: text_ += piece.substr(0, longest_excerpt - text_.size()); break;
  }
}

void reply_reader::finish(const message_handler& take) {
  if (violation_ || form_ != form::one_text || text_.empty())
    return;
  read_text(text_, take);
  text_.resize(std::min(text_.size(), longest_excerpt));
}

void reply_reader::read_text(std::string_view text, const message_handler& take) {
  if (violation_)
    return;
  auto give = [&](json& one) {
    auto said = classify(std::move(one));
    said.bytes = text.size();
    take(std::move(said));
  };
  auto read = parse_json(text, limits_.depth);
  if (!read.problem.empty())
    violation_ = "is " + read.problem;
  else if (!read.value.is_array())
    give(read.value);
  else if (!limits_.batches || read.value.size() > largest_batch)
    violation_ = "has several messages in one";
  else
    for (auto& one : read.value)
      give(one);
}

} // namespace mahavishnu::mcp
