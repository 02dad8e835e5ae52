// SPDX-License-Identifier: MIT
// Shows arbitrary bodies to what reads JSON-RPC messages. What is accepted says each name once, is
// not deep, and has an id that an answer can carry; what is not has an answer that is a message
// itself.
#include "mcp/server/incoming.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;

namespace {

void must(bool holds) {
  if (!holds)
    std::abort();
}

std::size_t depth_of(const json& value) {
  if (!value.is_structured())
    return 0;
  std::size_t deepest = 0;
  for (const auto& each : value)
    deepest = std::max(deepest, depth_of(each));
  return deepest + 1;
}

std::size_t members_of(const json& value) {
  auto count = value.is_object() ? value.size() : 0;
  if (value.is_structured())
    for (const auto& each : value)
      count += members_of(each);
  return count;
}

/// The names that the text says, counted by other code than what refuses some.
void look_at_names(std::string_view body) {
  std::size_t said = 0;
  auto all = json::parse(body, [&](int, json::parse_event_t event, json&) {
    said += event == json::parse_event_t::key ? 1 : 0;
    return true;
  });
  must(said == members_of(all));
  must(depth_of(all) <= 64);
}

void look_at(const incoming& message, std::string_view body) {
  look_at_names(body);
  must(message.params.is_object());
  must(message.meta().is_object());
  auto has_id = message.id.is_number_integer() || message.id.is_string();
  must(has_id || message.id.is_null());
  must(has_id != (message.what == incoming::kind::notification));
  if (message.id.is_string())
    must(message.id.get_ref<const std::string&>().size() <= 256);
  if (message.what == incoming::kind::response)
    must(message.params.contains("result") || message.params.contains("error"));
  must(json::parse(to_text(message.params)) == message.params);
}

void look_at(const unreadable& refused) {
  must(refused.why.status == 400 && refused.why.code <= -32600 && refused.why.code >= -32700);
  must(!refused.why.text.empty() && refused.why.text.size() < 1000);
  auto said = json::parse(error_text(refused.id, refused.why));
  must(said.at("jsonrpc") == "2.0" && said.at("error").at("code") == refused.why.code);
  must(said.at("error").at("message").is_string());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body{reinterpret_cast<const char*>(data), size};
  auto look = [body](const auto& read) {
    if (const auto* message = std::get_if<incoming>(&read))
      look_at(*message, body);
    else
      look_at(std::get<unreadable>(read));
  };
  auto read = read_incoming(body);
  if (const auto* several = std::get_if<incoming_batch>(&read)) {
    must(!several->empty());
    for (const auto& each : *several)
      look(each);
  } else {
    look(read);
  }
  return 0;
}
