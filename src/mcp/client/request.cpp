// SPDX-License-Identifier: MIT
#include "mcp/client/request.hpp"

#include "mcp/protocol/header_value.hpp"

namespace mahavishnu::mcp {

namespace {

net::http_headers common_headers() {
  return {{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
}

json name_to_json(const client_name& who) {
  return {{"name", who.name}, {"version", who.version}};
}

void add_meta(json& parameters, const question& asked, std::int64_t id, const terms& agreed,
              const client_name& who) {
  auto meta = json::object();
  if (agreed.era == era::modern) {
    meta["io.modelcontextprotocol/protocolVersion"] = agreed.version;
    meta["io.modelcontextprotocol/clientInfo"] = name_to_json(who);
    meta["io.modelcontextprotocol/clientCapabilities"] = json::object();
    if (asked.wants_logs)
      meta["io.modelcontextprotocol/logLevel"] = "info";
  }
  if (asked.wants_progress)
    meta["progressToken"] = id;
  if (!meta.empty())
    parameters["_meta"] = std::move(meta);
}

} // namespace

net::http_headers session_headers(const terms& agreed) {
  net::http_headers headers{{"MCP-Protocol-Version", agreed.version}};
  if (!agreed.session_id.empty())
    headers.emplace_back("Mcp-Session-Id", agreed.session_id);
  return headers;
}

outgoing build_request(const question& asked, std::int64_t id, const terms& agreed,
                       const client_name& who) {
  auto parameters = asked.parameters;
  add_meta(parameters, asked, id, agreed, who);
  json body{{"jsonrpc", "2.0"}, {"id", id}, {"method", asked.method}};
  if (!parameters.empty())
    body["params"] = std::move(parameters);
  outgoing built{common_headers(), to_text(body)};
  auto add = [&](net::http_headers more) {
    built.headers.insert(built.headers.end(), more.begin(), more.end());
  };
  if (asked.method == "initialize")
    return built; // nothing is agreed yet
  add(session_headers(agreed));
  if (agreed.era == era::modern) {
    built.headers.emplace_back("Mcp-Method", asked.method);
    if (!asked.name.empty())
      built.headers.emplace_back("Mcp-Name", header_value(asked.name));
    add(asked.modern_headers);
  }
  return built;
}

json handshake_parameters(const client_name& who) {
  return {{"protocolVersion", legacy_versions.front()},
          {"capabilities", json::object()},
          {"clientInfo", name_to_json(who)}};
}

outgoing build_notification(std::string_view method, json parameters, const terms& agreed) {
  json body{{"jsonrpc", "2.0"}, {"method", method}};
  if (!parameters.empty())
    body["params"] = std::move(parameters);
  outgoing built{common_headers(), to_text(body)};
  for (auto& header : session_headers(agreed))
    built.headers.push_back(std::move(header));
  return built;
}

outgoing build_reply(const message& request, const terms& agreed) {
  json body{{"jsonrpc", "2.0"}, {"id", request.id}};
  if (request.method == "ping")
    body["result"] = json::object();
  else
    body["error"] = {{"code", code::method_not_found},
                     {"message", "this client does not offer " + request.method}};
  outgoing built{common_headers(), to_text(body)};
  for (auto& header : session_headers(agreed))
    built.headers.push_back(std::move(header));
  return built;
}

} // namespace mahavishnu::mcp
