// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/event_id.hpp"
#include "net/http_answer.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::mcp::server {

/// Somebody between us and a client may close what is silent for longer.
inline constexpr std::chrono::seconds longest_silence{15};

/// The head of an answer that is a stream of events.
net::http_response stream_head(std::string body);

/// What a client of a session is told on one stream. Each event has a number and is kept, so that a
/// client whose connection has broken can come back for the rest. May be used from any thread.
class event_stream {
public:
  /// `begins_empty`: its first event has nothing in it, for clients that know what it is for: they
  /// can come back although they have heard nothing.
  event_stream(std::uint32_t number, bool begins_empty)
      : number_(number), begins_empty_(begins_empty) {}

  std::uint32_t number() const { return number_; }

  /// What is said goes there from now on, after what was said behind that place. False when some of
  /// that is not kept any more.
  bool attach(const net::http_answer& where, std::optional<std::uint64_t> after);
  /// The client has lost that connection.
  void detach(const net::http_answer& where);

  void say(std::string_view message);
  /// After what was said until now there is nothing more.
  void end();
  /// Closes the connection; the client comes back after that time.
  void pause(std::chrono::milliseconds before_next);

  bool is_attached();
  /// At some time.
  bool was_attached();
  bool has_ended();

private:
  struct event {
    std::uint64_t place;
    std::string text;
  };

  void keep(std::string text);

  const std::uint32_t number_;
  const bool begins_empty_;
  std::mutex mutex_;
  std::deque<event> kept_;
  std::size_t bytes_ = 0;
  std::uint64_t next_place_ = 0;
  std::optional<net::http_answer> where_;
  bool was_attached_ = false;
  bool has_ended_ = false;
};

} // namespace mahavishnu::mcp::server
