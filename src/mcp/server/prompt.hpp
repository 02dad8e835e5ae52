// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/call.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::mcp::server {

/// Finds what a client may put in the place of what it has until now, for somebody who types.
using completer = std::function<void(const std::string& begun,
                                     const std::function<void(std::vector<std::string>)>& found)>;

struct prompt_argument {
  std::string name;
  std::string description;
  bool is_required = false;
  /// Empty: there is nothing to propose.
  completer complete;
};

struct prompt;

/// One request for a prompt, which has the arguments that it must have, all of them texts.
class prompt_call : public call {
public:
  /// The prompt has to be there for as long as the call may run.
  prompt_call(std::shared_ptr<outlet> where, facts what, const prompt& whose)
      : call(std::move(where), std::move(what)), prompt_(whose) {}

  /// An argument; empty when there is none.
  std::string text(std::string_view name) const { return string_member(arguments(), name); }

  using call::finish;
  /// `messages`: an array, as the protocol has it.
  void finish(std::string_view description, const json& messages);

  void run() override;

private:
  const prompt& prompt_;
};

/// Words for an agent that a user may choose.
struct prompt {
  std::string name;
  std::string title;
  std::string description;
  std::vector<prompt_argument> arguments;
  /// Called on the thread of the server: it must be quick.
  std::function<void(const std::shared_ptr<prompt_call>&)> run;
};

/// A message of a prompt, said by the user.
json user_shows(json content);
json user_says(std::string_view text);

} // namespace mahavishnu::mcp::server
