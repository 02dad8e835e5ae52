// SPDX-License-Identifier: MIT
#include "mcp/companions/send_meaning.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mahavishnu::mcp {

namespace {

/// Of what a server says so much is looked at.
constexpr std::size_t longest_look = 4096;
constexpr std::size_t deepest_answer = 16;
constexpr std::string_view cross_mark = "\xE2\x9D\x8C";

constexpr int invalid_params = -32602;
constexpr unsigned content_too_large = 413;

/// In the words of the SDKs, of pydantic and of the two companions.
constexpr std::array<std::string_view, 9> words_of_refusal{
    "validation error",       "invalid arguments", "invalid params", "-32602",       "too short",
    "missing required field", "invalid memory_id", "invalid text",   "blocked write"};

bool has_any(std::string_view words, const auto& parts) {
  auto lower = to_lower(words.substr(0, longest_look));
  return std::ranges::any_of(parts, [&](auto part) { return lower.find(part) != lower.npos; });
}

} // namespace

item_outcome outcome_of_words(const std::string& id, const std::string& tool,
                              std::string_view words) {
  if (has_any(words, words_of_refusal))
    return {id, send_outcome::refused, "'" + tool + "' does not take it: " + quote(words)};
  return {id, send_outcome::failed, "'" + tool + "' has failed: " + quote(words)};
}

bool says_already_stored(std::string_view words) {
  constexpr std::array<std::string_view, 3> known{"duplicate key", "already exists",
                                                  "unique constraint"};
  return has_any(words, known);
}

bool says_no_such_tool(std::string_view words, std::string_view tool) {
  constexpr std::array<std::string_view, 2> known{"unknown tool", "not found"};
  const std::array<std::string, 1> name{to_lower(tool)};
  return has_any(words, known) && has_any(words, name);
}

failure_meaning meaning_of(const failure& reason, std::string_view tool) {
  failure_meaning meaning;
  if (reason.rpc_code == invalid_params) {
    // Servers say this of arguments, and of a tool that is not there.
    meaning.concerns_all = says_no_such_tool(reason.message, tool);
    meaning.is_refusal = !meaning.concerns_all;
  } else if (reason.rpc_code) {
    // An internal error may be about this item.
    meaning.concerns_all = reason.code != errc::io_failed;
  } else if (reason.http_status == content_too_large) {
    meaning.is_refusal = true;
  } else if (reason.http_status && *reason.http_status < 500) {
    meaning.concerns_all = true;
  } else {
    meaning.concerns_all = true;
    meaning.may_have_arrived = reason.code != errc::unreachable;
  }
  return meaning;
}

std::optional<json> object_in(const tool_result& answer) {
  auto found = answer.structured;
  if (!found || found->is_null()) {
    auto read = parse_json(answer.text(), deepest_answer);
    if (!read.problem.empty())
      return std::nullopt;
    found = std::move(read.value);
  }
  if (found->is_object() && found->size() == 1 && found->contains("result")) {
    auto inner = std::move((*found)["result"]);
    found = std::move(inner);
  }
  if (found->is_object() || found->is_array())
    return found;
  return std::nullopt;
}

std::optional<std::string> failure_in_words(const tool_result& answer) {
  if (auto object = object_in(answer); object && object->is_object()) {
    auto success = object->find("success");
    auto says_no = success != object->end() && success->is_boolean() && !success->get<bool>();
    if (!says_no && to_lower(string_member(*object, "status")) != "failed")
      return std::nullopt;
    auto words = string_member(*object, "error");
    return words.empty() ? "no reason given" : words;
  }
  // Only at the beginning: the words of a success repeat what was stored.
  auto words = answer.text();
  auto first_line = std::string_view{words}.substr(0, words.find('\n'));
  if (first_line.starts_with(cross_mark)) {
    auto rest = first_line.substr(cross_mark.size());
    return std::string(rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
  }
  if (first_line.starts_with("Error ") || first_line.starts_with("Error:") ||
      first_line.starts_with("Reflection tools not available"))
    return std::string(first_line);
  return std::nullopt;
}

} // namespace mahavishnu::mcp
