// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/bounded_json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu::mcp {

/// A text as the value of a header: as it is where that is safe, else as `=?base64?...?=`.
std::string header_value(std::string_view text);

/// The text that such a header has; nothing when it says that it is base64 and is not.
std::optional<std::string> text_of_header(std::string_view value);

std::string base64(std::string_view bytes);
/// Nothing when it is not what `base64` makes.
std::optional<std::string> from_base64(std::string_view text);

/// An argument of a tool that has to stand in a header as well.
struct mirrored_argument {
  /// `Mcp-Param-` and what the tool says.
  std::string header;
  /// Names of members, from the arguments inwards.
  std::vector<std::string> path;

  friend bool operator==(const mirrored_argument&, const mirrored_argument&) = default;
};

/// Those that the schema of a tool's input asks for with `x-mcp-header`.
std::vector<mirrored_argument> mirrored_arguments(const json& input_schema);

/// The value that stands there in the arguments; none when there is nothing.
const json* argument_at(const json& arguments, const std::vector<std::string>& path);

/// The headers for these arguments; none for one that is absent, null or no plain value.
std::vector<std::pair<std::string, std::string>>
argument_headers(const std::vector<mirrored_argument>& mirrored, const json& arguments);

} // namespace mahavishnu::mcp
