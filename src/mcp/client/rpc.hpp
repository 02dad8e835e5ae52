// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/call_errors.hpp"
#include "mcp/client/reply_reader.hpp"
#include "mcp/client/request.hpp"
#include "mcp/client/resumption.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mahavishnu::mcp {

struct client_core;

/// How a request has ended.
struct rpc_reply {
  /// A result or an error.
  std::optional<message> answer;
  /// Set when there is no answer.
  std::optional<failure> why_not;
  /// Of HTTP; 0 when it did not come to that.
  unsigned status = 0;
  std::string session_id;
  /// Of a body that is no message.
  std::string excerpt;
  /// Broken off before the answer: nobody knows what has become of the request.
  bool is_broken = false;
  /// It is an answer to asking for the rest of a stream: the server had begun with the request.
  bool was_resumed = false;
};

/// One JSON-RPC request, from its POST to its answer, over as many streams as that takes. Has no
/// deadline: who started it abandons it.
class rpc : public std::enable_shared_from_this<rpc> {
public:
  struct hooks {
    std::function<void(const progress&)> on_progress;
    /// Called once, unless it is abandoned before.
    std::function<void(rpc_reply)> on_end;
  };

  rpc(std::shared_ptr<client_core> core, question asked, terms agreed, call_label label,
      bool is_repeatable, hooks given);

  void start();

  /// Closes its stream. To modern servers that says it all; `tell`: legacy ones are told.
  void abandon(bool tell);

private:
  void send(net::client_request request);
  void on_head(const net::answer_head& head);
  void on_piece(std::string_view piece);
  void on_message(message read);
  void on_http_end(const result<net::client_answer>& outcome);
  void on_stream_end(failure why);
  void resume();
  void refuse_request(const message& request);
  void give_up(failure why);
  void end(rpc_reply reply);
  failure explain_silence() const;
  failure explain_lost_stream(const std::string& why) const;
  failure explain_too_much() const;

  std::shared_ptr<client_core> core_;
  const question asked_;
  const terms agreed_;
  const call_label label_;
  const bool is_repeatable_;
  hooks hooks_;
  std::int64_t id_ = 0;
  bool has_ended_ = false;
  net::request_number http_request_ = 0;
  bool http_runs_ = false;
  std::optional<reply_reader> reader_;
  std::string session_id_;
  resumption resumption_;
  /// Of all streams together.
  std::size_t bytes_left_ = 0;
  bool heard_foreign_answer_ = false;
  unsigned refused_requests_ = 0;
  std::unique_ptr<net::http_client::delayed_task> delayed_;
};

} // namespace mahavishnu::mcp
