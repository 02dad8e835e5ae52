// SPDX-License-Identifier: MIT
#include "app/http_door.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "mahavishnu/messages/all.hpp"
#include "messages/registry.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace mahavishnu {

namespace {

constexpr std::int32_t highest_port = 65535;

} // namespace

http_door::http_door(http_door_options options)
    : options_(std::move(options)),
      host_(options_.http.host),
      wanted_port_(options_.http.port),
      requests_(std::make_shared<std::atomic<std::int64_t>>(0)) {}

mcp_status http_door::status() const {
  std::lock_guard guard{mutex_};
  return describe();
}

mcp_status http_door::describe() const {
  mcp_status now;
  now.running = server_ != nullptr;
  now.host = host_;
  now.port = port_;
  now.path = options_.path;
  if (!server_)
    return now;
  now.url = options_.url_of(host_, port_);
  now.uptime = std::chrono::steady_clock::now() - opened_;
  now.connections = static_cast<std::int64_t>(server_->connections());
  now.requests = *requests_;
  return now;
}

/// Who may come in hangs on the address, and is looked at when the server starts.
result<void> http_door::check(const change_mcp& wish) const {
  if (wish.port < -1 || wish.port > highest_port)
    return error{errc::invalid_argument,
                 "there is no port " + std::to_string(wish.port) + "; give one up to 65535, or 0"};
  auto host = to_lower(wish.host);
  auto is_known = host.empty() || host == options_.http.host || host == "127.0.0.1" ||
                  host == "localhost" || host == "::1";
  if (!is_known)
    return error{errc::invalid_argument, "a running server listens on mcp.host (" +
                                             options_.http.host +
                                             ") or on this machine only, not on '" + wish.host +
                                             "'; set mcp.host and start the server anew"};
  return {};
}

result<mcp_status> http_door::change(const change_mcp& wish) {
  std::lock_guard guard{mutex_};
  if (is_over_)
    return error{errc::shutting_down, "the server is shutting down"};
  if (auto good = check(wish); !good)
    return good.error();
  if (wish.change == mcp_change::stop) {
    shut();
    return describe();
  }
  auto host = wish.host.empty() ? host_ : wish.host;
  // A port that was any free one stays what it was, for the clients who know it.
  auto same_port = port_ != 0 ? port_ : wanted_port_;
  auto port = wish.port == -1 ? same_port : static_cast<std::uint16_t>(wish.port);
  auto is_as_wished = server_ && host == host_ && (port == port_ || port == 0);
  if (wish.change == mcp_change::start && is_as_wished)
    return describe();
  if (auto opened = open(host, port); !opened)
    return opened.error();
  return describe();
}

/// One after the other: the handler has one thread.
result<void> http_door::open(const std::string& host, std::uint16_t port) {
  auto was_open = server_ != nullptr;
  shut();
  auto started = listen(host, port);
  if (!started && was_open) {
    // What was there is better than nothing.
    if (auto again = listen(host_, port_); !again)
      log::error("mcp", "{}; open it again with: mahavishnu mcp start", again.error().message);
  }
  return started;
}

result<void> http_door::listen(const std::string& host, std::uint16_t port) {
  auto how = options_.http;
  how.host = host;
  how.port = port;
  auto started = net::http_server::start(
      how, [count = requests_, handle = options_.handler](const net::http_request& request,
                                                          const net::http_answer& answer) {
        count->fetch_add(1, std::memory_order_relaxed);
        handle(request, answer);
      });
  if (!started)
    return started.error();
  server_ = std::move(*started);
  host_ = host;
  port_ = server_->port();
  opened_ = std::chrono::steady_clock::now();
  *requests_ = 0;
  log::info("mcp", "listening on {}", options_.url_of(host_, port_));
  if (options_.on_open)
    options_.on_open(*server_);
  return {};
}

void http_door::shut() {
  if (!server_)
    return;
  server_->stop();
  server_.reset();
  log::info("mcp", "not listening any more");
}

void http_door::close() {
  std::lock_guard guard{mutex_};
  is_over_ = true;
  shut();
}

namespace {

mcp_door_actor::behavior_type mcp_door(mcp_door_actor::pointer self,
                                       const std::shared_ptr<http_door>& door) {
  // What cannot be parsed arrives as a message without content; CAF would print it.
  self->set_default_handler(caf::drop);
  return {
      [door](const get_mcp_status&) { return door->status(); },
      [door](const change_mcp& wish) -> caf::result<mcp_status> {
        auto now = door->change(wish);
        return now ? caf::result<mcp_status>{*now} : caf::result<mcp_status>{to_caf(now.error())};
      },
  };
}

} // namespace

mcp_door_actor spawn_mcp_door(caf::actor_system& system, std::shared_ptr<http_door> door) {
  return system.spawn<caf::detached>(mcp_door, std::move(door));
}

} // namespace mahavishnu
