// SPDX-License-Identifier: MIT
#include "mcp/server/incoming.hpp"

namespace mahavishnu::mcp::server {

namespace {

/// Far more than any tool takes, and no way to spend our stack.
constexpr std::size_t deepest_message = 64;
constexpr std::size_t longest_id = 256;
constexpr std::size_t most_in_batch = 64;

bool is_id(const json& id) {
  return id.is_number_integer() ||
         (id.is_string() && id.get_ref<const std::string&>().size() <= longest_id);
}

unreadable wrong(std::string text, json id = {}) {
  return {{400, code::invalid_request, std::move(text)}, std::move(id)};
}

std::variant<incoming, unreadable> read_message(json raw) {
  if (!raw.is_object())
    return wrong("a message is an object, and this is none");
  incoming message;
  auto id = raw.find("id");
  auto has_id = id != raw.end();
  if (has_id && is_id(*id))
    message.id = *id;
  if (string_member(raw, "jsonrpc") != "2.0")
    return wrong("'jsonrpc' must be \"2.0\"", message.id);
  auto method = raw.find("method");
  if (method == raw.end()) {
    if (!raw.contains("result") && !raw.contains("error"))
      return wrong("a message has a 'method', a 'result' or an 'error'", message.id);
    if (message.id.is_null())
      return wrong("a response needs the 'id' of its request");
    message.what = incoming::kind::response;
    message.params = std::move(raw);
    return message;
  }
  if (!method->is_string())
    return wrong("'method' must be a string", message.id);
  if (has_id && message.id.is_null())
    return wrong("'id' must be a whole number or a string of at most 256 bytes");
  message.what = has_id ? incoming::kind::request : incoming::kind::notification;
  message.method = method->get<std::string>();
  auto params = raw.find("params");
  if (params != raw.end() && !params->is_object()) {
    auto refused = wrong("'params' must be an object", message.id);
    refused.why.code = code::invalid_params;
    return refused;
  }
  message.params = params != raw.end() ? std::move(*params) : json::object();
  return message;
}

} // namespace

const json& incoming::meta() const {
  static const json none = json::object();
  if (!params.is_object())
    return none;
  auto found = params.find("_meta");
  return found != params.end() && found->is_object() ? *found : none;
}

std::variant<incoming, incoming_batch, unreadable> read_incoming(std::string_view body) {
  auto read = parse_strict_json(body, deepest_message);
  if (!read.problem.empty())
    return unreadable{{400, code::parse_error, "the body is " + read.problem}, {}};
  auto& raw = read.value;
  if (raw.is_object()) {
    auto message = read_message(std::move(raw));
    if (auto* failed = std::get_if<unreadable>(&message))
      return std::move(*failed);
    return std::get<incoming>(std::move(message));
  }
  if (!raw.is_array())
    return wrong("the body is no object; send one JSON-RPC message");
  if (raw.empty())
    return wrong("the body is an array without messages; send one JSON-RPC message");
  if (raw.size() > most_in_batch)
    return wrong("the body is an array of more than " + std::to_string(most_in_batch) +
                 " messages; send fewer at once");
  incoming_batch all;
  for (auto& each : raw)
    all.push_back(read_message(std::move(each)));
  return all;
}

} // namespace mahavishnu::mcp::server
