// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol/header_value.hpp"
#include "mcp/protocol/versions.hpp"
#include "net/http_client.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a client writes to its server's standard input, as far as that matters for passing it on.
namespace mahavishnu::mcp::bridge {

enum class line_kind {
  request,
  notification,
  /// To something that the server has asked.
  response,
};

struct client_line {
  line_kind what = line_kind::request;
  json id;
  std::string method;
  json params = json::object();
  /// That its `_meta` names; empty in the legacy era.
  std::string version;
  /// As it came.
  std::string text;

  era spoken() const { return version.empty() ? era::legacy : era::modern; }
};

/// What the client gets in answer to a line that cannot be passed on.
struct unreadable_line {
  int code = 0;
  std::string text;
};

/// An array, as one older version of the protocol has it: the messages in it, one by one.
struct several_lines {
  std::vector<std::string> texts;
};

using line_reading = std::variant<client_line, several_lines, unreadable_line>;

line_reading read_client_line(std::string text);

/// Of tools that were listed: which arguments stand in headers as well.
class known_tools {
public:
  /// From a result of tools/list.
  void learn(const json& result);
  const std::vector<mirrored_argument>& arguments_of(const std::string& tool) const;

private:
  std::map<std::string, std::vector<mirrored_argument>, std::less<>> mirrored_;
};

/// The headers that say what a modern request says.
net::http_headers modern_headers(const client_line& line, const known_tools& tools);

/// A message of ours, in one line.
std::string error_line(const json& id, int code, const std::string& text);

} // namespace mahavishnu::mcp::bridge
