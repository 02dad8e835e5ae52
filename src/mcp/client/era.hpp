// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/answer.hpp"
#include "mcp/protocol/versions.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Which of the two ways of MCP a server speaks.
namespace mahavishnu::mcp {

/// How to talk to a server, once that is known.
struct terms {
  mcp::era era = era::modern;
  std::string version{modern_version};
  /// Empty where the server keeps none.
  std::string session_id;

  friend bool operator==(const terms&, const terms&) = default;
};

/// What follows from the answer to server/discover, which only modern servers understand.
enum class after_discovery {
  speak_modern,
  /// Whatever a server says that does not know the question.
  initialize,
  /// It is a modern server, but nothing in common was found, or it wants something else first: the
  /// answer says what, and a handshake would only hide that.
  give_up,
};

after_discovery decide_era(unsigned status, const std::optional<message>& answer);

/// The version that the server has chosen in its answer to `initialize`; nothing when it is none of
/// ours.
std::optional<std::string> chosen_version(const json& initialize_result);

/// Whether a session id has only the bytes that it may have.
bool is_session_id(std::string_view text);

/// Whether an answer says that the server no longer knows the terms: then it has not begun with the
/// request that it answers. `excerpt`: of a body that is no message.
bool says_start_over(const terms& used, unsigned status, const std::optional<message>& answer,
                     std::string_view excerpt = {});

} // namespace mahavishnu::mcp
