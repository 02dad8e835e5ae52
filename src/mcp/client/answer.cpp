// SPDX-License-Identifier: MIT
#include "mcp/client/answer.hpp"

#include "base/text.hpp"

#include <cmath>
#include <limits>

namespace mahavishnu::mcp {

namespace {

constexpr std::size_t longest_text = 4096;

/// A part of a message, taken out of it.
json take(json& object, const char* name) {
  auto found = object.find(name);
  return found == object.end() ? json{} : std::move(*found);
}

bool is_id(const json& value) {
  return value.is_string() || value.is_number_integer() || value.is_number_float();
}

std::string text_of(const json& value) {
  auto text = value.is_string() ? value.get<std::string>() : to_text(value);
  return std::string(first_bytes(text, longest_text));
}

std::optional<double> finite_number(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_number())
    return std::nullopt;
  auto number = found->get<double>();
  return std::isfinite(number) ? std::optional{number} : std::nullopt;
}

} // namespace

message classify(json raw) {
  message read;
  if (string_member(raw, "jsonrpc") != "2.0")
    return read;
  read.id = take(raw, "id");
  auto has_id = is_id(read.id);
  if (raw.contains("method")) {
    read.method = string_member(raw, "method");
    read.body = take(raw, "params");
    if (!read.method.empty())
      read.kind = has_id ? message_kind::request : message_kind::notification;
  } else if (raw.contains("result")) {
    read.body = take(raw, "result");
    // Every result of MCP is an object.
    if (has_id && read.body.is_object())
      read.kind = message_kind::result;
  } else if (auto error = take(raw, "error"); error.is_object()) {
    auto code = error.find("code");
    if (code == error.end() || !code->is_number_integer())
      return read;
    auto number = code->get<std::int64_t>();
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
      return read;
    read.kind = message_kind::error;
    read.code = static_cast<int>(number);
    read.text = std::string(first_bytes(string_member(error, "message"), longest_text));
    read.body = take(error, "data");
  }
  return read;
}

std::optional<progress> read_progress(const json& parameters, const json& token) {
  if (!parameters.is_object() || !parameters.contains("progressToken") ||
      parameters["progressToken"] != token)
    return std::nullopt;
  auto done = finite_number(parameters, "progress");
  if (!done)
    return std::nullopt;
  progress read;
  read.done = *done;
  read.total = finite_number(parameters, "total");
  read.text = std::string(first_bytes(string_member(parameters, "message"), longest_text));
  return read;
}

log_message read_log(const json& parameters) {
  log_message read;
  if (!parameters.is_object())
    return read;
  read.level = std::string(first_bytes(string_member(parameters, "level"), 32));
  read.logger = std::string(first_bytes(string_member(parameters, "logger"), 256));
  if (auto data = parameters.find("data"); data != parameters.end())
    read.text = text_of(*data);
  return read;
}

} // namespace mahavishnu::mcp
