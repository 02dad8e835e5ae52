// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio.

#include "net/http_server.hpp"
#include "net/server_tls.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace mahavishnu::net {

class http_session;

/// What the sessions of a server share; used on its thread only, where nothing else is said.
struct http_core {
  http_core(http_options given, http_handler handle)
      : options(std::move(given)), handler(std::move(handle)) {}
  /// Sessions have sockets of the context, so it is the last to go.
  ~http_core() { sessions.clear(); }

  /// Runs a task on the server's thread, soon, or at once on the calling one when the server's has
  /// ended. From any thread.
  void run_soon(std::function<void()> task);
  /// The same for what only that thread may do: false, and nothing, when it has ended.
  bool post(std::function<void()>& task);
  /// The server's thread has ended: runs what was still posted to it.
  void end();
  bool is_own_thread() { return context.get_executor().running_in_this_thread(); }

  http_options options;
  http_handler handler;
  /// None: connections are plain.
  std::unique_ptr<server_tls> tls;
  /// Those that are open.
  std::unordered_set<std::shared_ptr<http_session>> sessions;
  bool stopping = false;
  /// Called when the last session ends while the server stops.
  std::function<void()> on_drained;
  /// What a session has just read, and copies or throws away before it does anything else.
  std::array<char, 65536> incoming;

  std::mutex end_mutex;
  bool has_ended = false;
  boost::asio::io_context context{1};
};

} // namespace mahavishnu::net
