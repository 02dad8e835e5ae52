// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/client.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Servers that remember what tasks have done. Unaware of pools, of actors and of when to send.
namespace mahavishnu::mcp {

/// Where the two listen, unless somebody has moved them.
inline constexpr std::string_view session_buddy_url = "http://localhost:8678/mcp";
inline constexpr std::string_view akosha_url = "http://localhost:8682/mcp";

/// What a finished task leaves behind.
struct memory_item {
  /// Of the task: a server that keys by it can be sent the item twice.
  std::string id;
  std::string content;
  /// An object: type, pool_id, pool_name, pool_type, worker_id, status, timestamp (RFC 3339),
  /// title, tags; each may be absent, and others may be there.
  json metadata = json::object();
};

enum class send_outcome {
  /// The server has it.
  sent,
  /// The server will never take it as it is.
  refused,
  /// Not sent, or nobody knows: try later.
  failed,
};

struct item_outcome {
  std::string id;
  send_outcome outcome = send_outcome::failed;
  /// Why it is not sent; says so where the item may have arrived all the same.
  std::string reason;

  friend bool operator==(const item_outcome&, const item_outcome&) = default;
};

/// How a server is doing.
struct companion_check {
  /// Something answered, if only with a no.
  bool is_reachable = false;
  /// Those that would be called; empty when it cannot be used.
  std::vector<std::string> tools;
  /// Why it cannot be used; empty when it can.
  std::string problem;

  bool is_usable() const { return problem.empty(); }
};

struct companion_options {
  std::string url;
  /// Sent with every request; empty: none.
  std::string bearer_token;
  client_name who;
  std::chrono::milliseconds connect_timeout{10'000};
  /// For one call, of which an item takes one or two.
  std::chrono::milliseconds call_timeout{60'000};
  std::size_t max_calls = 4;
  /// Further ones fail at once.
  std::size_t max_waiting_items = 10'000;
  /// Of the content of one item; what is longer is cut, and its metadata says so.
  std::size_t max_content_bytes = std::size_t{256} << 10;
  /// Who sends, as the server files it: the project of Session-Buddy and the source of Akosha.
  std::string source = "mahavishnu";
  /// How many numbers the embeddings of Akosha have.
  std::size_t embedding_size = 384;
};

/// One server that remembers. Lists its tools at the first item, and again after a failure of the
/// server, since another version of it may have taken the place. Methods may be called from any
/// thread; callbacks run on the thread of the HTTP client and must be quick.
///
/// It does not repeat what has failed, and does not wait for a server to come back: who sends
/// decides that, with a circuit_breaker.
class companion {
public:
  /// Ends what is running: its items fail. Not to be called from a callback.
  virtual ~companion() = default;

  /// Gives one outcome for each item, in their order, when all are known. A failure of the server
  /// fails all that wait; one of an item only that.
  virtual void send(std::vector<memory_item> batch,
                    std::function<void(std::vector<item_outcome>)> done) = 0;

  /// Asks the server for its tools and stores nothing.
  virtual void check(std::function<void(companion_check)> done) = 0;
};

/// Errors say what is wrong with the options. @pre the HTTP client outlives the companion
result<std::unique_ptr<companion>> open_session_buddy(net::http_client& http,
                                                      companion_options options);
result<std::unique_ptr<companion>> open_akosha(net::http_client& http, companion_options options);

} // namespace mahavishnu::mcp
