// SPDX-License-Identifier: MIT
#include "mcp/client/tool.hpp"

#include <algorithm>

namespace mahavishnu::mcp {

namespace {

error violation(const std::string& text) {
  return {errc::incompatible, text + "; look for a newer version of the server"};
}

json member_or_null(const json& object, const char* name) {
  auto found = object.find(name);
  return found == object.end() ? json{} : *found;
}

} // namespace

std::string tool_result::text() const {
  std::string whole;
  for (const auto& piece : content) {
    if (string_member(piece, "type") != "text")
      continue;
    if (!whole.empty())
      whole += '\n';
    whole += string_member(piece, "text");
  }
  return whole;
}

std::optional<error> missing_end(const json& answer) {
  if (!answer.contains("resultType"))
    return std::nullopt; // legacy, and some modern servers that forget it
  auto type = string_member(answer, "resultType");
  if (type == "complete")
    return std::nullopt;
  if (type == "input_required")
    return error{errc::unsupported, "it asks for further input (a question to the user, a model or "
                                    "its roots), which this client has not offered; give all that "
                                    "it needs as arguments"};
  if (type == "task")
    return error{
        errc::unsupported,
        "it made a task of it, which this client has not offered; use a tool that answers"};
  return violation("the result is of an unknown type");
}

result<tool_result> read_tool_result(json answer) {
  if (auto missing = missing_end(answer))
    return *missing;
  tool_result read;
  if (auto failed = answer.find("isError"); failed != answer.end()) {
    if (!failed->is_boolean())
      return violation("'isError' is neither true nor false");
    read.is_error = failed->get<bool>();
  }
  if (auto content = answer.find("content"); content != answer.end())
    read.content = std::move(*content);
  auto is_piece = [](const json& piece) { return !string_member(piece, "type").empty(); };
  if (!read.content.is_array() || !std::ranges::all_of(read.content, is_piece))
    return violation("'content' is no array of objects with a type");
  if (auto structured = answer.find("structuredContent"); structured != answer.end())
    read.structured = std::move(*structured);
  return read;
}

result<tool_page> read_tool_page(json answer) {
  if (auto missing = missing_end(answer))
    return *missing;
  auto tools = answer.find("tools");
  if (tools == answer.end() || !tools->is_array())
    return violation("'tools' is no array");
  tool_page page;
  for (const auto& one : *tools) {
    tool read;
    read.name = string_member(one, "name");
    if (read.name.empty())
      return violation("a tool has no name");
    read.title = string_member(one, "title");
    read.description = string_member(one, "description");
    read.input_schema = member_or_null(one, "inputSchema");
    read.output_schema = member_or_null(one, "outputSchema");
    read.annotations = member_or_null(one, "annotations");
    page.tools.push_back(std::move(read));
  }
  if (auto cursor = answer.find("nextCursor"); cursor != answer.end() && !cursor->is_null()) {
    if (!cursor->is_string())
      return violation("'nextCursor' is no text");
    page.next_cursor = cursor->get<std::string>();
  }
  return page;
}

} // namespace mahavishnu::mcp
