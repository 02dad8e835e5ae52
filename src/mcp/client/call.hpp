// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/client.hpp"
#include "mcp/client/rpc.hpp"

#include <memory>

namespace mahavishnu::mcp {

struct client_core;

/// One call: waits for the terms, makes the request, and makes it again on new terms when the
/// server has forgotten the old ones. Its deadline is for all of that.
class call : public std::enable_shared_from_this<call> {
public:
  /// Gets a result, and the terms on which it was given.
  using callback = std::function<void(call_result<message>, const terms&)>;

  call(std::shared_ptr<client_core> core, call_number number, question asked, call_options options,
       call_label label, callback on_result);

  void start();
  /// `tell`: the server too, where that is the rule.
  void end_with(failure reason, bool tell);
  void cancel() { end_with(explain_cancelled(label_), true); }
  /// The end of the session, which follows, says it to the server.
  void end_with_client() { end_with(explain_end_of_client(label_), false); }

private:
  void limit_time();
  void ask_for_terms();
  void make_request(const terms& agreed);
  void on_reply(rpc_reply reply);
  void on_progress(const progress& seen);
  void end(call_result<message> outcome);

  std::shared_ptr<client_core> core_;
  const call_number number_;
  const question asked_;
  const call_options options_;
  const call_label label_;
  callback on_result_;
  const std::chrono::milliseconds time_;
  terms agreed_;
  bool has_ended_ = false;
  bool was_repeated_ = false;
  std::shared_ptr<rpc> running_;
  std::unique_ptr<net::http_client::delayed_task> deadline_;
};

} // namespace mahavishnu::mcp
