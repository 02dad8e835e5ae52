// SPDX-License-Identifier: MIT
#include "mcp/server/modern_rules.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace mahavishnu::mcp::server {

namespace {

/// As `2026-07-28`: only such can be said to be later than another one.
bool is_date(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 10)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i]))
      return false;
  return true;
}

refusal mismatch(std::string text) {
  return {400, code::header_mismatch, std::move(text)};
}

refusal incomplete(std::string text) {
  return {400, code::invalid_params, std::move(text)};
}

/// Which member of the parameters the header `Mcp-Name` repeats; empty: none.
std::string_view named_by(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get")
    return "name";
  if (method == "resources/read")
    return "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel")
    return "taskId";
  return {};
}

/// Whole numbers are compared as numbers: how a client writes them is its own business.
bool is_same_number(std::string_view text, const json& value) {
  if (value.is_number_unsigned()) {
    std::uint64_t number = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size() &&
           number == value.get<std::uint64_t>();
  }
  std::int64_t number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() &&
         number == value.get<std::int64_t>();
}

bool says(std::string_view text, const json& value) {
  if (value.is_string())
    return text == value.get_ref<const std::string&>();
  if (value.is_boolean())
    return text == (value.get<bool>() ? "true" : "false");
  return value.is_number_integer() && is_same_number(text, value);
}

} // namespace

era era_of(const head& headers, const incoming& message) {
  if (message.meta().contains(meta::protocol_version))
    return era::modern;
  auto version = headers.find("mcp-protocol-version");
  return version && is_date(*version) && *version >= modern_version ? era::modern : era::legacy;
}

std::optional<refusal> check_envelope(const head& headers, const incoming& message) {
  const auto& meta = message.meta();
  auto version = meta.find(meta::protocol_version);
  if (version == meta.end() || !version->is_string())
    return incomplete(std::string{"params._meta needs the string '"} + meta::protocol_version +
                      "', such as \"2026-07-28\"");
  if (auto can = meta.find(meta::client_capabilities); can == meta.end() || !can->is_object())
    return incomplete(std::string{"params._meta needs the object '"} + meta::client_capabilities +
                      "', which may be empty");
  const auto& wanted = version->get_ref<const std::string&>();
  auto header = headers.find("mcp-protocol-version");
  if (!header || *header != wanted)
    return mismatch("the header MCP-Protocol-Version must be there once and say the version of "
                    "params._meta");
  if (wanted != modern_version)
    return refusal{
        400,
        code::unsupported_version,
        "this server does not speak that version of the protocol",
        {{"supported", json::array({modern_version})}, {"requested", first_bytes(wanted, 64)}}};
  return std::nullopt;
}

std::optional<refusal> check_headers(const head& headers, const incoming& message) {
  auto method = headers.find("mcp-method");
  if (!method || *method != message.method)
    return mismatch("the header Mcp-Method must be there once and say the method of the body");
  auto member = named_by(message.method);
  if (member.empty())
    return std::nullopt;
  auto name = headers.find("mcp-name");
  auto text = name ? text_of_header(*name) : std::nullopt;
  if (!text || *text != string_member(message.params, member))
    return mismatch("the header Mcp-Name must be there once and say what params." +
                    std::string{member} + " says");
  return std::nullopt;
}

std::optional<refusal> check_argument_headers(const head& headers, const json& arguments,
                                              std::span<const mirrored_argument> mirrored) {
  for (const auto& each : mirrored) {
    const auto* value = argument_at(arguments, each.path);
    auto header = headers.find(to_lower(each.header));
    if (!value || value->is_null()) {
      if (header)
        return mismatch("the header " + each.header + " is there, and its argument is not");
      continue;
    }
    auto text = header ? text_of_header(*header) : std::nullopt;
    if (!text || !says(*text, *value))
      return mismatch("the header " + each.header +
                      " must be there once and say what its argument says");
  }
  return std::nullopt;
}

} // namespace mahavishnu::mcp::server
