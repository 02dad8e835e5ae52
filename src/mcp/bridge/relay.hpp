// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/bridge/client_line.hpp"
#include "mcp/bridge/reply_texts.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace mahavishnu::mcp::bridge {

struct relay_options {
  std::string token;
  std::size_t max_message_bytes = 0;
  std::size_t most_requests = 0;
  std::chrono::milliseconds time_to_end{0};
  /// Takes a line for the client, without its end.
  std::function<void(const std::string&)> write;
  /// Somebody is to call on_url().
  std::function<void()> find_url;
};

/// Passes lines of a client on to a server over HTTP, in the way of either era, and gives back what
/// that says. In the legacy era it keeps the session, and begins another when the server has
/// forgotten it, without a word to the client. Only for the thread of the HTTP client, which has to
/// outlive it.
class relay : public std::enable_shared_from_this<relay> {
public:
  relay(net::http_client& http, relay_options options);

  void on_line(std::string text);
  void on_long_line();
  void on_url(const result<std::string>& url);
  /// Waits for what runs, within bounds, ends the session, and calls back.
  void end(std::function<void()> done);
  /// At once and without a word: nothing may be left when the HTTP client ends.
  void stop();

private:
  enum class purpose {
    /// Of the client, who waits for the answer.
    request,
    /// Of the client: a notification or a response.
    message,
    /// For what the server has to say by itself.
    listening,
    /// To begin a session again.
    hello,
    confirmation,
    /// For the headers that a tool wants.
    listing,
    farewell,
  };
  struct exchange;
  using exchange_ptr = std::shared_ptr<exchange>;

  void take(line_reading read);
  void pass_on(client_line line);
  void cancel(const client_line& line);
  void send(const exchange_ptr& one);
  net::client_request request_for(const exchange& one) const;
  void on_text(exchange& one, std::string text);
  void on_end(const exchange_ptr& one, const result<net::client_answer>& outcome);
  /// Whether it is tried again, in whichever way.
  bool goes_on(const exchange_ptr& one, const error* failure);
  bool resumes(const exchange_ptr& one);
  void conclude(const exchange_ptr& one, const error* failure);
  void fail(const exchange& one, const std::string& why);

  bool is_held(const exchange& one) const;
  void release_held();
  void open_session(const exchange& one);
  void begin_session_again();
  void give_up_session(const std::string& why);
  void listen();
  void list_tools(const exchange_ptr& for_whom, std::string cursor);
  void finish_if_quiet();
  void leave();

  exchange_ptr make(purpose what, client_line line);
  client_line own_line(const char* method, json params, bool has_id);
  void later(const exchange_ptr& one, std::chrono::milliseconds delay);

  net::http_client& http_;
  const relay_options options_;

  std::optional<std::string> url_;
  bool is_finding_ = false;
  std::deque<exchange_ptr> without_url_;

  std::set<exchange_ptr> running_;
  /// Legacy messages that wait until the session is open.
  std::deque<exchange_ptr> held_;
  bool is_opening_ = false;
  /// With which the client has begun.
  std::optional<client_line> hello_;
  std::string session_;
  std::string version_;
  exchange_ptr listener_;
  bool may_listen_ = true;
  known_tools tools_;
  std::int64_t next_own_ = 1;

  std::function<void()> done_;
  std::unique_ptr<net::http_client::delayed_task> end_timer_;
  bool is_leaving_ = false;
};

} // namespace mahavishnu::mcp::bridge
