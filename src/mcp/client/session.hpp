// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/rpc.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mahavishnu::mcp {

struct client_core;

/// Finds out how to talk to the server, once for all who want to, and remembers it.
class session {
public:
  using taker = std::function<void(call_result<terms>)>;

  explicit session(client_core& core) : core_(core) {}

  /// Gives the terms, now or later; `who` waits for them once at a time.
  void ask(std::uint64_t who, taker take);
  void withdraw(std::uint64_t who);

  /// The server does not know these terms any more. Who asks next gets others.
  void forget(const terms& used);

  /// Ends the session at the server, if there is one, within a short time.
  void close(std::function<void()> done);

private:
  struct waiter {
    std::uint64_t who;
    taker take;
  };

  void negotiate();
  void run(question asked, terms with, void (session::*next)(rpc_reply));
  void discover();
  void on_discovered(rpc_reply reply);
  void initialize();
  void on_initialized(rpc_reply reply);
  void confirm(terms found);
  void settle(call_result<terms> outcome);
  void stop_negotiating();
  void end_at_server(const terms& found, std::function<void()> done);
  failure explain_no_agreement(const rpc_reply& reply) const;
  failure explain_versions(const std::string& offered) const;

  client_core& core_;
  std::optional<terms> agreed_;
  /// It needed the handshake last time: need not be asked again.
  bool is_known_as_legacy_ = false;
  bool is_negotiating_ = false;
  std::shared_ptr<rpc> running_;
  /// What the handshake has found while it is being confirmed, and the request that does so.
  std::optional<terms> unconfirmed_;
  net::request_number confirming_ = 0;
  std::unique_ptr<net::http_client::delayed_task> deadline_;
  std::vector<waiter> waiting_;
};

} // namespace mahavishnu::mcp
