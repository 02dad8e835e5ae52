// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Asio and OpenSSL.

#include "net/client_connection.hpp"
#include "net/http_client.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <map>
#include <memory>

namespace mahavishnu::net {

/// Who gets which connection: so many to each origin and a few more for what is urgent, kept ones
/// first, and who comes first is served first. For the thread of the client only.
class connection_pool {
public:
  using connection_ptr = std::shared_ptr<client_connection>;
  /// Gets a connection that is kept or is still to be connected.
  using taker = std::function<void(connection_ptr)>;

  connection_pool(boost::asio::io_context& context, const client_options& options)
      : context_(context), options_(options), idle_timer_(context) {}

  /// False when too many wait already; otherwise `take` is called, now or later.
  bool ask(const url& where, request_number who, bool is_urgent, taker take);
  /// Who has asked and not got one goes away.
  void withdraw(const url& where, request_number who);
  /// What was taken comes back, once; `is_usable`: it can serve another request.
  void give_back(const url& where, const connection_ptr& connection, bool is_usable);
  /// A connection that is still to be connected, in the place of one that is closed.
  connection_ptr replace(const connection_ptr& connection);
  void close_idle();

private:
  struct waiter {
    request_number who;
    bool is_urgent;
    taker take;
  };
  struct origin {
    /// The one that was used last is at the end, and is used next.
    std::deque<connection_ptr> idle;
    /// Idle ones included.
    std::size_t connections = 0;
    /// Who is urgent is before all others.
    std::deque<waiter> waiting;
  };

  /// Those that may be there for one who asks.
  std::size_t most_for(bool is_urgent) const;
  connection_ptr make() const;
  connection_ptr take_idle(origin& of);
  void watch_idle();
  void close_expired();

  boost::asio::io_context& context_;
  const client_options& options_;
  std::map<std::string, origin> origins_;
  std::size_t waiting_ = 0;
  boost::asio::steady_timer idle_timer_;
  bool is_watching_ = false;
};

} // namespace mahavishnu::net
