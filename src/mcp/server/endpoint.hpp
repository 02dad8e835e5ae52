// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/catalog.hpp"
#include "mcp/server/gate.hpp"
#include "mcp/server/incoming.hpp"
#include "mcp/server/sessions.hpp"

#include <atomic>
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

json to_json(const server_name& who);

/// What a client has called something, for an error.
std::string shown_name(std::string_view text);

struct endpoint_options {
  server_name who;
  /// What an agent should know before it calls anything.
  std::string instructions;
  /// Says who may come in. None: everybody who names this machine.
  std::shared_ptr<gate> entrance;
  /// Hears of all calls; may be missing.
  std::shared_ptr<audit_log> audit;
  /// Clients of the legacy era at a time, and how long one that says nothing is remembered.
  std::size_t most_sessions = 1000;
  std::chrono::seconds session_idle_limit{3600};
  /// What signs the texts that clients bring back. Empty: one that nobody else has, so that those
  /// of another server are refused.
  std::string signing_key;
};

/// An MCP server over HTTP, of both eras at one address. Used on the thread of the HTTP server.
class endpoint {
public:
  endpoint(endpoint_options options, offers all);
  ~endpoint();
  endpoint(const endpoint&) = delete;

  void handle(const net::http_request& request, const net::http_answer& answer);

  /// How many clients of the legacy era there are. On any thread.
  std::size_t session_count() const { return session_count_; }

private:
  using exchange_ptr = std::shared_ptr<exchange>;
  using session_ptr = std::shared_ptr<session>;

  /// One request, and what its method may want to know.
  struct asked {
    exchange_ptr request;
    const incoming& message;
    const head& headers;
    const caller& who;
    /// None in the modern era.
    session_ptr from;

    const json& params() const { return message.params; }
    client_facts client() const;
  };
  using method = void (endpoint::*)(const asked&);
  struct known_method {
    std::string_view name;
    bool modern;
    bool legacy;
    /// What its parameters must be like, before anything else is looked at.
    std::optional<refusal> (*check)(const json& params);
    method run;
    /// What a caller has to be allowed. A tool says itself what it needs.
    auth::scope_set needs = auth::scope::read;
  };

  void post(const net::http_request& request, admission in, const net::http_answer& answer);
  void post_modern(const head& headers, const incoming& message, const admission& in,
                   const net::http_answer& answer);
  void post_legacy(const head& headers, const incoming& message, const admission& in,
                   const net::http_answer& answer);
  void post_batch(const net::http_request& request, const incoming_batch& messages, admission in,
                  const net::http_answer& answer);
  /// Of a session, whether it came alone or not.
  void run_legacy(const exchange_ptr& began, const head& headers, const incoming& message,
                  const caller& who, const session_ptr& from);
  void get_stream(const head& headers, const admission& in, const net::http_answer& answer);
  /// Who was let in by a token listens no longer than that is good.
  static void end_with_token(const net::http_answer& stream, const caller& who);
  void end_session(const head& headers, const admission& in, const net::http_answer& answer);
  /// What is no request.
  static void hear(const incoming& message, session& from);
  /// Of a request that has to name one; answers it when it does not.
  session_ptr session_of(const head& headers, const json& id, const admission& in,
                         const net::http_answer& answer);
  void run(const known_method& which, const asked& what);

  exchange_ptr begin(const head& headers, era spoken, const incoming& message, const admission& in,
                     const net::http_answer& answer, session_ptr from,
                     std::shared_ptr<batch_answer> within = {}) const;
  static const known_method* find_method(era spoken, const std::string& name);

  // In methods.cpp.
  void initialize(const asked&);
  void discover(const asked&);
  void ping(const asked&);
  void set_log_level(const asked&);
  void list_tools(const asked&);
  void list_prompts(const asked&);
  void list_templates(const asked&);
  void list_resources(const asked&);
  void call_tool(const asked&);
  void get_prompt(const asked&);
  void read_resource(const asked&);
  void subscribe(const asked&);
  void unsubscribe(const asked&);
  void complete(const asked&);
  void listen(const asked&);
  void get_task(const asked&);
  void update_task(const asked&);
  void cancel_task(const asked&);

  json capabilities(era spoken) const;
  void answer_page(const asked& what, const paged_list& list);
  /// Begins a call, whose end answers the request; nothing when that is answered already.
  template <class Call, class Whose>
  std::shared_ptr<Call> begin_call(const asked& what, std::string name, json arguments,
                                   Whose& whose);
  static bool has_tasks(const asked& what);

  const endpoint_options options_;
  const catalog offered_;
  const std::shared_ptr<const std::string> own_name_;
  const std::shared_ptr<const auth::text_signer> signer_;
  const std::shared_ptr<gate> entrance_;
  const std::shared_ptr<task_board> tasks_;
  session_table sessions_;
  std::atomic<std::size_t> session_count_{0};
};

} // namespace mahavishnu::mcp::server
