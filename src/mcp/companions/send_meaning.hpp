// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/companions/companion.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the answers of companions mean for the items that were sent.
namespace mahavishnu::mcp {

/// The words of a tool that failed. Refused only where they are clearly about what was given:
/// whatever else it may be, a later attempt does less harm than a lost memory.
item_outcome outcome_of_words(const std::string& id, const std::string& tool,
                              std::string_view words);

/// Whether these words say that something is stored under the id already.
bool says_already_stored(std::string_view words);

/// Whether these words say that there is no such tool (any more).
bool says_no_such_tool(std::string_view words, std::string_view tool);

/// A call that has no result.
struct failure_meaning {
  /// A failure of the server, which the next item would meet too.
  bool concerns_all = false;
  /// Clearly about what was given.
  bool is_refusal = false;
  /// Nobody knows whether the call was carried out.
  bool may_have_arrived = false;
};

failure_meaning meaning_of(const failure& reason, std::string_view tool);

/// What a tool has answered as an object: its structured content, or the JSON in its text; without
/// the `result` that some frameworks put around it. Nothing when it is neither.
std::optional<json> object_in(const tool_result& answer);

/// Whether an answer that calls itself a success says in its text or its JSON that it is none: the
/// words then. Session-Buddy reports all its failures so.
std::optional<std::string> failure_in_words(const tool_result& answer);

} // namespace mahavishnu::mcp
