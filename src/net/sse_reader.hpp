// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::net {

/// One event of a text/event-stream.
struct sse_event {
  /// What the stream calls this kind of event; "message" where it does not say.
  std::string name = "message";
  /// Its lines, with a line feed between two.
  std::string data;

  friend bool operator==(const sse_event&, const sse_event&) = default;
};

/// Reads a text/event-stream as it comes, in pieces of any size. Unaware of connections and of what
/// the data means.
class sse_reader {
public:
  using event_handler = std::function<void(sse_event)>;

  /// An event may have so many bytes of lines, and of data.
  explicit sse_reader(std::size_t max_event_bytes) : most_(max_event_bytes) {}

  /// Gives every event that is complete with this piece to `take`. False once the stream has broken
  /// the limit: then nothing more is read.
  bool feed(std::string_view piece, const event_handler& take);

  /// The id of the last event that was complete: what to ask for when the stream breaks.
  const std::string& last_id() const { return last_id_; }

  /// How long the other side wants a client to wait before it comes back.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }

private:
  void end_line(const event_handler& take);
  void read_field(std::string_view name, std::string_view value);
  void end_event(const event_handler& take);

  std::size_t most_;
  bool is_broken_ = false;
  bool is_first_line_ = true;
  /// The last byte was a CR: a LF after it belongs to it.
  bool after_cr_ = false;
  std::string line_;
  std::string name_;
  std::string data_;
  bool has_data_ = false;
  std::string next_id_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
};

} // namespace mahavishnu::net
