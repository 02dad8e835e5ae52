// SPDX-License-Identifier: MIT
#include "mcp/bridge/client_line.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::mcp::bridge {

namespace {

/// As the server has it.
constexpr std::size_t deepest_message = 64;
constexpr std::size_t most_in_array = 64;
constexpr auto version_key = "io.modelcontextprotocol/protocolVersion";
constexpr std::size_t most_known_tools = 10'000;

/// The parameter that Mcp-Name repeats; nothing for other methods.
std::string_view named_parameter(std::string_view method) {
  struct naming {
    std::string_view method, parameter;
  };
  static constexpr std::array<naming, 6> all{{{"tools/call", "name"},
                                              {"prompts/get", "name"},
                                              {"resources/read", "uri"},
                                              {"tasks/get", "taskId"},
                                              {"tasks/update", "taskId"},
                                              {"tasks/cancel", "taskId"}}};
  const auto* found = std::ranges::find(all, method, &naming::method);
  return found == all.end() ? std::string_view{} : found->parameter;
}

} // namespace

line_reading read_client_line(std::string text) {
  auto read = parse_strict_json(text, deepest_message);
  if (!read.problem.empty())
    return unreadable_line{code::parse_error, "the line is " + read.problem};
  auto& raw = read.value;
  if (raw.is_array()) {
    if (raw.empty() || raw.size() > most_in_array)
      return unreadable_line{code::invalid_request,
                             "the line is an array of none or of more than " +
                                 std::to_string(most_in_array) +
                                 " messages; write one message on each line"};
    several_lines all;
    for (const auto& each : raw)
      all.texts.push_back(to_text(each));
    return all;
  }
  if (!raw.is_object())
    return unreadable_line{code::invalid_request, "the line is no JSON-RPC message"};
  client_line line;
  line.method = string_member(raw, "method");
  auto id = raw.find("id");
  line.what = !raw.contains("method") ? line_kind::response
              : id == raw.end()       ? line_kind::notification
                                      : line_kind::request;
  if (id != raw.end())
    line.id = std::move(*id);
  if (auto params = raw.find("params"); params != raw.end() && params->is_object()) {
    line.params = std::move(*params);
    if (auto meta = line.params.find("_meta"); meta != line.params.end())
      line.version = string_member(*meta, version_key);
  }
  line.text = std::move(text);
  return line;
}

void known_tools::learn(const json& result) {
  auto tools = result.is_object() ? result.find("tools") : result.end();
  if (tools == result.end() || !tools->is_array())
    return;
  for (const auto& tool : *tools) {
    auto name = string_member(tool, "name");
    auto schema = tool.is_object() ? tool.find("inputSchema") : tool.end();
    auto mirrored =
        schema == tool.end() ? std::vector<mirrored_argument>{} : mirrored_arguments(*schema);
    if (mirrored.empty())
      mirrored_.erase(name);
    else if (mirrored_.size() < most_known_tools)
      mirrored_.insert_or_assign(name, std::move(mirrored));
  }
}

const std::vector<mirrored_argument>& known_tools::arguments_of(const std::string& tool) const {
  static const std::vector<mirrored_argument> none;
  auto found = mirrored_.find(tool);
  return found == mirrored_.end() ? none : found->second;
}

net::http_headers modern_headers(const client_line& line, const known_tools& tools) {
  net::http_headers headers{{"MCP-Protocol-Version", header_value(line.version)},
                            {"Mcp-Method", header_value(line.method)}};
  auto parameter = named_parameter(line.method);
  if (!parameter.empty())
    if (auto name = string_member(line.params, parameter); !name.empty())
      headers.emplace_back("Mcp-Name", header_value(name));
  if (line.method != "tools/call")
    return headers;
  if (auto arguments = line.params.find("arguments"); arguments != line.params.end())
    for (auto& each :
         argument_headers(tools.arguments_of(string_member(line.params, "name")), *arguments))
      headers.push_back(std::move(each));
  return headers;
}

std::string error_line(const json& id, int code, const std::string& text) {
  return to_text({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", text}}}});
}

} // namespace mahavishnu::mcp::bridge
