// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/header_value.hpp"
#include "mcp/server/tool.hpp"
#include "mcp/server/validator.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::mcp::server {

/// A tool, and what can be said of it once and for all.
struct known_tool {
  tool what;
  validator input;
  /// Arguments that have to stand in headers as well.
  std::vector<mirrored_argument> mirrored;
};

/// What a server offers. It does not change while the server runs.
class catalog {
public:
  /// In the order in which they are to be listed.
  explicit catalog(std::vector<tool> tools);

  /// Nothing when there is none of that name.
  const known_tool* find_tool(std::string_view name) const;

  /// A page of the list, as members of a result; an empty cursor is the beginning. Nothing when the
  /// cursor is none of ours.
  std::optional<std::string_view> tool_page(std::string_view cursor) const;

private:
  std::map<std::string, known_tool, std::less<>> tools_;
  /// By cursor.
  std::map<std::string, std::string, std::less<>> tool_pages_;
};

} // namespace mahavishnu::mcp::server
