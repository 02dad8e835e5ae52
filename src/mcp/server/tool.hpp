// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/call.hpp"

#include <mahavishnu/auth/scope.hpp>

#include <functional>
#include <memory>
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
/// Of the result of a call.
std::string members_of(const tool_answer& how);

struct tool;

/// One call of a tool, whose arguments fit its input schema.
class tool_call : public call {
public:
  /// The tool has to be there for as long as the call may run.
  tool_call(std::shared_ptr<outlet> where, facts what, const tool& whose)
      : call(std::move(where), std::move(what)), tool_(whose) {}

  using call::finish;
  void finish(const tool_answer& how);

  /// How the call ends when the server does; it may end with an answer of its own.
  void on_stopping(std::function<void(tool_call&)> callback);

  void run() override;

private:
  void end_with_server() override;

  const tool& tool_;
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

/// Whether a call goes on as a task, where the client knows what that is. A tool that may says so
/// itself, with call::become_task().
enum class task_mode {
  optional,
  /// It can be called in no other way.
  required,
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
  task_mode tasks = task_mode::optional;
};

} // namespace mahavishnu::mcp::server
