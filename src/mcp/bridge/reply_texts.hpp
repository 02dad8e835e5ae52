// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.hpp"
#include "net/sse_reader.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::bridge {

/// Finds the messages in an HTTP answer, each as a text in one line: one in a body of JSON, any
/// number in an event stream. Unaware of what they say.
class reply_texts {
public:
  using taker = std::function<void(std::string)>;

  reply_texts(const net::answer_head& head, std::size_t max_bytes);

  /// False when a message is too long; then nothing more is read.
  bool feed(std::string_view piece, const taker& take);
  /// After the last piece.
  void finish(const taker& take);

  unsigned status() const { return status_; }
  bool is_stream() const { return is_stream_; }
  const std::string& last_event_id() const { return events_.last_id(); }
  std::optional<std::chrono::milliseconds> retry() const { return events_.retry(); }
  /// The begin of a body that is no message.
  std::string excerpt() const;

private:
  const unsigned status_;
  const std::size_t most_;
  bool is_stream_ = false;
  bool is_json_ = false;
  net::sse_reader events_;
  std::string body_;
};

} // namespace mahavishnu::mcp::bridge
