// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"

#include <mahavishnu/base/error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mahavishnu::mcp {

/// A tool that a server offers.
struct tool {
  std::string name;
  std::string title;
  std::string description;
  json input_schema;
  /// Null where the tool does not say.
  json output_schema;
  json annotations;
};

/// What a tool has answered.
struct tool_result {
  /// The tool was called and says that it has failed: `text()` says why.
  bool is_error = false;
  /// An array of objects with a `type` each: text, image, audio, resource, resource_link.
  json content = json::array();
  /// For programs; may be any value.
  std::optional<json> structured;

  /// The pieces of text in it, with a line feed between two.
  std::string text() const;
};

/// One answer to tools/list; there are more when it has a cursor.
struct tool_page {
  std::vector<tool> tools;
  std::optional<std::string> next_cursor;
};

/// The error is one sentence without a subject: what the answer of the server is instead.
result<tool_result> read_tool_result(json answer);
result<tool_page> read_tool_page(json answer);

/// Why a result is not the final one; nothing when it is.
std::optional<error> missing_end(const json& answer);

} // namespace mahavishnu::mcp
