// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/answer.hpp"
#include "net/http_client.hpp"
#include "net/sse_reader.hpp"

#include <functional>
#include <optional>
#include <string>

namespace mahavishnu::mcp {

/// What a server may send.
struct reply_limits {
  /// For one message.
  std::size_t message_bytes = std::size_t{4} << 20;
  std::size_t depth = 64;
  /// Whether an array of messages is one of the ways to send them.
  bool batches = false;
};

/// Reads the body of an HTTP answer, one JSON text or a stream of events, and gives the messages in
/// it. Unaware of what was asked.
class reply_reader {
public:
  using message_handler = std::function<void(message)>;

  reply_reader(const reply_limits& limits, const net::answer_head& head);

  void feed(std::string_view piece, const message_handler& take);
  /// After the last piece.
  void finish(const message_handler& take);

  /// What is wrong with the answer, as a phrase; nothing more is read then.
  const std::optional<std::string>& violation() const { return violation_; }

  unsigned status() const { return status_; }
  bool is_stream() const { return form_ == form::stream; }
  /// Of the last event; empty when the server gives them none.
  const std::string& last_event_id() const { return events_.last_id(); }
  std::optional<std::chrono::milliseconds> retry() const { return events_.retry(); }
  /// The begin of a body that is no message, for the error text.
  const std::string& excerpt() const { return text_; }

private:
  enum class form {
    one_text,
    stream,
    /// Neither: what a proxy or another program says.
    other,
  };

  void read_text(std::string_view text, const message_handler& take);

  reply_limits limits_;
  unsigned status_;
  form form_ = form::other;
  net::sse_reader events_;
  /// The JSON so far, or the first bytes of something else.
  std::string text_;
  std::optional<std::string> violation_;
};

} // namespace mahavishnu::mcp
