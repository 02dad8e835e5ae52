// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/exchange.hpp"

#include <mahavishnu/auth/scope.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

/// How a call of a tool ends.
struct tool_answer {
  /// A JSON value that the output schema of the tool allows, as text; empty: there is none.
  std::string structured;
  /// Blocks of content, each as JSON; none: the structured value stands for itself, as text.
  std::vector<std::string> content;
  bool is_error = false;
};

/// One block of content.
std::string text_block(std::string_view text);
/// What failed, on which named thing, and what to do.
tool_answer tool_error(std::string_view text);

/// One call of a tool. May be used from any thread; only the first end counts.
class tool_call {
public:
  tool_call(std::shared_ptr<exchange> answer, json arguments, json progress_token)
      : answer_(std::move(answer)),
        arguments_(std::move(arguments)),
        progress_token_(std::move(progress_token)) {}

  tool_call(const tool_call&) = delete;
  /// A tool that lets go of a call without an end must not leave the client waiting.
  ~tool_call();

  const json& request() const { return answer_->id(); }
  /// They fit the input schema of the tool.
  const json& arguments() const { return arguments_; }

  void finish(const tool_answer& how);
  /// Not for what a tool cannot do, but for what is no call at all.
  void fail(const refusal& why);
  /// How far it has come, if the client wants to know. What does not go on is not told.
  void progress(double done, std::optional<double> total, std::string_view text);

  /// Called once, when nobody wants the result any more; at once if that is so already, and never
  /// after the end. The last one that was set is kept.
  void on_cancel(std::function<void()> callback);
  /// Ends the call without an answer.
  void cancel();

  /// How the call ends when the server does; it may end with an answer of its own.
  void on_stopping(std::function<void(tool_call&)> callback);
  void stop();

  bool is_over();

private:
  void let_go();

  const std::shared_ptr<exchange> answer_;
  const json arguments_;
  const json progress_token_;
  std::mutex mutex_;
  std::optional<double> done_;
  bool is_over_ = false;
  bool is_cancelled_ = false;
  std::function<void()> on_cancel_;
  std::function<void(tool_call&)> on_stopping_;
};

/// What a client may assume of a tool.
struct tool_hints {
  bool reads_only = false;
  bool destroys = false;
  bool may_be_repeated = false;
  /// It may reach what is outside of this server.
  bool is_open = false;
  /// What a caller has to be allowed, where callers show tokens.
  auth::scope needs = auth::scope::admin;
};

/// Something that a client may call by name.
struct tool {
  std::string name;
  std::string title;
  /// For an agent that decides whether and how to call it.
  std::string description;
  json input_schema;
  json output_schema;
  tool_hints hints;
  /// Called on the thread of the server: it must be quick.
  std::function<void(const std::shared_ptr<tool_call>&)> run;
};

} // namespace mahavishnu::mcp::server
