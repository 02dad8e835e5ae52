// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/actors/interfaces.hpp"
#include "mahavishnu/messages/mcp.hpp"
#include "net/http_server.hpp"

#include <caf/typed_actor.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace mahavishnu {

struct http_door_options {
  /// Where to listen, with what.
  net::http_options http;
  net::http_handler handler;
  /// Of the MCP endpoint.
  std::string path;
  std::function<std::string(const std::string& host, std::uint16_t port)> url_of;
  /// Hears of each opening; may be empty.
  std::function<void(const net::http_server&)> on_open;
};

/// The HTTP port of a server, which can be closed and opened again; the handler has one thread at
/// a time. From any thread but that; whoever calls waits until it is done.
class http_door {
public:
  explicit http_door(http_door_options options);

  mcp_status status() const;
  /// Where another port cannot be had, the old one is opened again.
  result<mcp_status> change(const change_mcp& wish);
  /// Once and for all. Tells those who wait, and gives them two seconds.
  void close();

private:
  result<void> check(const change_mcp& wish) const;
  result<void> open(const std::string& host, std::uint16_t port);
  result<void> listen(const std::string& host, std::uint16_t port);
  void shut();
  mcp_status describe() const;

  const http_door_options options_;
  mutable std::mutex mutex_;
  std::unique_ptr<net::http_server> server_;
  std::string host_;
  /// As it was asked for, and as it came.
  std::uint16_t wanted_port_;
  std::uint16_t port_ = 0;
  bool is_over_ = false;
  std::chrono::steady_clock::time_point opened_;
  const std::shared_ptr<std::atomic<std::int64_t>> requests_;
};

/// The actor of the door, with a thread of its own, since opening and closing take their time.
mcp_door_actor spawn_mcp_door(caf::actor_system& system, std::shared_ptr<http_door> door);

} // namespace mahavishnu
