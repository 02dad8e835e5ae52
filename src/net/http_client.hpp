// SPDX-License-Identifier: MIT
#pragma once

#include <mahavishnu/base/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// An HTTP/1.1 client that keeps connections. Unaware of JSON and of what is asked.
namespace mahavishnu::net {

using http_headers = std::vector<std::pair<std::string, std::string>>;

/// The first value under a name in lower case; nothing when there is none.
const std::string* find_header(const http_headers& headers, std::string_view name);

struct client_options {
  /// To one origin (scheme, host and port); further requests wait for one of these.
  std::size_t max_connections_per_origin = 8;
  /// Requests that wait for a connection, over all origins; further ones fail at once.
  std::size_t max_waiting = 1024;
  /// For an unused connection to be used again; a server that keeps it shorter is believed.
  std::chrono::milliseconds idle_timeout{30'000};
  /// Certificates of the authorities to trust, in PEM; empty: those of the system.
  std::string ca_file;
  std::size_t max_header_bytes = std::size_t{16} << 10;
};

/// The status and the headers of an answer; names in lower case.
struct answer_head {
  unsigned status = 0;
  http_headers headers;
};

struct client_answer : answer_head {
  /// Empty where the request has taken it piece by piece.
  std::string body;
};

struct client_request {
  std::string method = "GET";
  std::string url;
  /// Host, Content-Length and Connection are the client's business.
  http_headers headers;
  std::string body;
  /// Whether asking twice does no harm. Only then is it sent again when a kept connection turns out
  /// to be closed. Empty: the method says it (GET and HEAD, PUT and DELETE).
  std::optional<bool> repeatable;

  /// To find the host, to connect and to agree on TLS.
  std::chrono::milliseconds connect_timeout{10'000};
  /// From the request being sent to the headers of its answer; empty: as long as the whole.
  std::optional<std::chrono::milliseconds> head_timeout;
  /// For everything, waiting for a connection included; empty: without end, so that only cancel()
  /// limits it.
  std::optional<std::chrono::milliseconds> whole_timeout{std::chrono::milliseconds{60'000}};
  std::size_t max_body_bytes = std::size_t{4} << 20;
  /// Others end only after it: goes before those that wait for a connection, and may have one of a
  /// few beyond their number.
  bool is_urgent = false;

  /// Called before the body, if given.
  std::function<void(const answer_head&)> on_head;
  /// Takes the body as it comes, if given; then `max_body_bytes` is for the sum of it.
  std::function<void(std::string_view)> on_piece;
};

/// Called once for each request. Errors that say `unreachable` mean that the server has certainly
/// not begun with the request; after any other it may have. `incompatible`: the answer broke a
/// limit.
using answer_callback = std::function<void(result<client_answer>)>;

/// Names a request of one client, for cancel().
using request_number = std::uint64_t;

/// Sends requests; one thread serves them all. Callbacks run on that thread and must be quick. An
/// answer is whatever the server says, 404 and 500 included; a redirection is followed where it
/// stays at the same origin and repeats the same request, and is an answer otherwise.
class http_client {
public:
  static result<std::unique_ptr<http_client>> start(client_options options = {});

  /// Ends all requests with an error to their callbacks, and returns when the last has run. Not to
  /// be called from a callback.
  ~http_client();

  /// From any thread.
  request_number send(client_request request, answer_callback callback);

  /// Closes the connection of a request, whose callback gets `cancelled`, unless it has ended.
  void cancel(request_number request);

  /// Runs a task on the thread of the callbacks, soon. Every task runs, also while the client ends.
  void post(std::function<void()> task);

  /// A task that waits for its time; destroying this calls it off. Only for the thread of the
  /// callbacks.
  class delayed_task {
  public:
    virtual ~delayed_task() = default;
  };

  /// Runs a task on the thread of the callbacks after a while, unless the client ends before. Only
  /// for that thread.
  std::unique_ptr<delayed_task> post_after(std::chrono::milliseconds delay,
                                           std::function<void()> task);

  /// Whether this is the thread of the callbacks.
  bool is_own_thread() const;

private:
  struct impl;
  explicit http_client(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace mahavishnu::net
