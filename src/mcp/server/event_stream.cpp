// SPDX-License-Identifier: MIT
#include "mcp/server/event_stream.hpp"

namespace mahavishnu::mcp::server {

namespace {

/// Of one stream. The newest event is kept however large it is: it may well be the result.
constexpr std::size_t most_bytes = std::size_t{256} << 10;

} // namespace

net::http_response stream_head(std::string body) {
  net::http_response head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  head.body = std::move(body);
  return head;
}

bool event_stream::attach(const net::http_answer& where, std::optional<std::uint64_t> after) {
  std::lock_guard guard{mutex_};
  auto first_kept = kept_.empty() ? next_place_ : kept_.front().place;
  if (after && (*after + 1 < first_kept || *after >= next_place_))
    return false;
  if (where_)
    where_->end(); // of two connections, the new one counts
  where_.reset();
  if (next_place_ == 0 && begins_empty_)
    keep("data: \n\n");
  // Who comes again and does not say what it has heard wants to hear what is new.
  auto from_now = !after && was_attached_;
  std::string rest;
  for (const auto& each : kept_)
    if (!from_now && (!after || each.place > *after))
      rest += each.text;
  if (rest.empty())
    rest = ":\n\n"; // the client is to see that it is connected
  was_attached_ = true;
  where.begin(stream_head(std::move(rest)));
  if (has_ended_) {
    where.end();
    return true;
  }
  where.keep_alive(longest_silence, ":\n\n");
  where_ = where;
  return true;
}

void event_stream::detach(const net::http_answer& where) {
  std::lock_guard guard{mutex_};
  if (where_ && *where_ == where)
    where_.reset();
}

void event_stream::say(std::string_view message) {
  std::lock_guard guard{mutex_};
  if (has_ended_)
    return;
  std::string text{"data: "};
  text.append(message).append("\n\n"); // JSON in one line
  keep(std::move(text));
  if (where_)
    where_->send(kept_.back().text);
}

void event_stream::end() {
  std::lock_guard guard{mutex_};
  has_ended_ = true;
  if (where_)
    where_->end();
  where_.reset();
}

void event_stream::pause(std::chrono::milliseconds before_next) {
  std::lock_guard guard{mutex_};
  if (!where_)
    return;
  where_->send("retry: " + std::to_string(before_next.count()) + "\n\n");
  where_->end();
  where_.reset();
}

bool event_stream::is_attached() {
  std::lock_guard guard{mutex_};
  return where_.has_value();
}

bool event_stream::has_ended() {
  std::lock_guard guard{mutex_};
  return has_ended_;
}

bool event_stream::was_attached() {
  std::lock_guard guard{mutex_};
  return was_attached_;
}

void event_stream::keep(std::string text) {
  auto place = next_place_++;
  auto whole = "id: " + event_id{number_, place}.text() + "\n";
  whole += text;
  bytes_ += whole.size();
  kept_.push_back({place, std::move(whole)});
  while (kept_.size() > 1 && bytes_ > most_bytes) {
    bytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
}

} // namespace mahavishnu::mcp::server
