// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/catalog.hpp"
#include "mcp/server/incoming.hpp"
#include "mcp/server/origin_rules.hpp"
#include "mcp/server/sessions.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::mcp::server {

class head;

/// Who we are, as the answers of both eras say it.
struct server_name {
  std::string name = "mahavishnu";
  std::string title = "Mahavishnu";
  std::string version = "0";
};

struct endpoint_options {
  server_name who;
  /// What an agent should know before it calls anything.
  std::string instructions;
  origin_rules origins;
  /// Set: only processes of this user and of root on this machine may come in, which is what the
  /// connection says of itself.
  std::optional<std::uint32_t> only_user;
  /// Clients of the legacy era at a time, and how long one that says nothing is remembered.
  std::size_t most_sessions = 1000;
  std::chrono::seconds session_idle_limit{3600};
};

/// An MCP server over HTTP, of both eras at one address. Used on the thread of the HTTP server.
class endpoint {
public:
  endpoint(endpoint_options options, catalog offered);

  void handle(const net::http_request& request, const net::http_answer& answer);

private:
  using exchange_ptr = std::shared_ptr<exchange>;
  using method = void (endpoint::*)(const exchange_ptr&, const incoming&, const head&,
                                    const std::shared_ptr<session>&);
  struct known_method;

  std::optional<refusal> check_access(const net::http_request& request) const;
  void post(const net::http_request& request, const net::http_answer& answer);
  void post_modern(const head& headers, const incoming& message, const net::http_answer& answer);
  void post_legacy(const head& headers, const incoming& message, const net::http_answer& answer);
  void end_session(const head& headers, const net::http_answer& answer);
  void hear(const incoming& notification, session& from);

  exchange_ptr begin(const head& headers, era spoken, const incoming& message,
                     const net::http_answer& answer) const;
  static const known_method* find_method(era spoken, const std::string& name);

  void initialize(const exchange_ptr&, const incoming&, const head&,
                  const std::shared_ptr<session>&);
  void discover(const exchange_ptr&, const incoming&, const head&, const std::shared_ptr<session>&);
  void ping(const exchange_ptr&, const incoming&, const head&, const std::shared_ptr<session>&);
  void list_tools(const exchange_ptr&, const incoming&, const head&,
                  const std::shared_ptr<session>&);
  void call_tool(const exchange_ptr&, const incoming&, const head&,
                 const std::shared_ptr<session>&);

  const endpoint_options options_;
  const catalog offered_;
  const std::shared_ptr<const std::string> own_name_;
  session_table sessions_;
};

} // namespace mahavishnu::mcp::server
