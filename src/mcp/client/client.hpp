// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/call_errors.hpp"
#include "mcp/client/era.hpp"
#include "mcp/client/request.hpp"
#include "mcp/client/tool.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A client of MCP servers over streamable HTTP. Unaware of what the tools are for.
namespace mahavishnu::mcp {

enum class era_choice {
  /// Asks in the modern way first and falls back to the handshake.
  automatic,
  modern,
  legacy,
};

struct client_options {
  std::string url;
  /// Sent with every request; empty: none.
  std::string bearer_token;
  client_name who;
  era_choice era = era_choice::automatic;
  std::chrono::milliseconds connect_timeout{10'000};
  /// To find out how the server speaks, and for the handshake.
  std::chrono::milliseconds negotiation_timeout{30'000};
  /// For a call that says nothing else.
  std::chrono::milliseconds call_timeout{60'000};
  /// Of one message of the server.
  std::size_t max_message_bytes = std::size_t{4} << 20;
  /// Of all that a server sends for one request.
  std::size_t max_stream_bytes = std::size_t{64} << 20;
  std::size_t max_depth = 64;
  std::size_t max_tools = 10'000;
  /// Running and waiting; a further one fails at once.
  std::size_t max_calls = 256;
  /// What the server logs while it works on a call; asked for only if given.
  std::function<void(const log_message&)> on_log;
};

struct call_options {
  /// Everything included; empty: that of the client.
  std::optional<std::chrono::milliseconds> timeout;
  /// Every sign of progress starts the time anew.
  bool progress_extends_timeout = false;
  /// Whether calling twice does no harm: then a call that breaks is made once more.
  bool repeatable = false;
  std::function<void(const progress&)> on_progress;
};

/// Names a call of one client, for cancel().
using call_number = std::uint64_t;

template <class T>
using call_callback = std::function<void(call_result<T>)>;

/// Speaks to one server. Finds out by itself which era of the protocol that speaks, at the first
/// call, and remembers it; opens a session where there is one, and another when the server has
/// forgotten it. Methods may be called from any thread; callbacks run on the thread of the HTTP
/// client, once for each call, and must be quick.
class client {
public:
  /// @pre the HTTP client outlives this one
  static result<std::unique_ptr<client>> open(net::http_client& http, client_options options);

  /// Ends all calls with an error, then the session, for which it takes two seconds at most. Not to
  /// be called from a callback.
  ~client();

  /// `arguments` is an object.
  call_number call_tool(std::string name, json arguments, call_options options,
                        call_callback<tool_result> callback);

  /// All tools, from as many pages as the server makes of them.
  call_number list_tools(call_callback<std::vector<tool>> callback,
                         std::optional<std::chrono::milliseconds> timeout = {});

  /// Whether the server answers; gives how to talk to it.
  call_number ping(call_callback<terms> callback,
                   std::optional<std::chrono::milliseconds> timeout = {});

  /// The callback gets `cancelled`, unless the call has ended. The server is told, in the way of
  /// its era; it may do the work all the same.
  void cancel(call_number call);

private:
  struct impl;
  explicit client(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::mcp
