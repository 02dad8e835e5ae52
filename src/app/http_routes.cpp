// SPDX-License-Identifier: MIT
#include "app/http_routes.hpp"

#include "mahavishnu/app/orchestrator.hpp"

#include <nlohmann/json.hpp>

namespace mahavishnu {

namespace {

using json = nlohmann::ordered_json;

net::http_response respond(unsigned status, const json& body) {
  net::http_response response;
  response.status = status;
  response.body = body.dump() + "\n";
  return response;
}

} // namespace

net::http_response route(const net::http_request& request, const http_facts& facts) {
  auto path = request.target.substr(0, request.target.find('?'));
  bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == facts.mcp_path)
    return respond(501, {{"error", "this version serves no MCP tools here; use the command line"}});
  auto known = path == "/livez" || path == "/readyz" || path == "/health" || path == "/version";
  if (!known)
    return respond(404, {{"error", "there is /livez, /readyz, /health and /version"}});
  if (!reads) {
    auto refused = respond(405, {{"error", "use GET"}});
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  if (path == "/livez")
    return respond(200, {{"status", "ok"}});
  if (path == "/readyz")
    return respond(facts.ready ? 200 : 503, {{"status", facts.ready ? "ok" : "not ready"}});
  if (path == "/version")
    return respond(200, {{"name", "mahavishnu"}, {"version", version()}});
  return respond(facts.ready ? 200 : 503, {{"status", facts.ready ? "healthy" : "unhealthy"},
                                           {"service", facts.server_name},
                                           {"version", version()},
                                           {"uptime_seconds", facts.uptime_seconds}});
}

} // namespace mahavishnu
