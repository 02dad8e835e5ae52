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

std::string path_of(const net::http_request& request) {
  return request.target.substr(0, request.target.find('?'));
}

net::http_response route(const net::http_request& request, const http_facts& facts) {
  auto path = path_of(request);
  bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == facts.mcp_path)
    return respond(503, {{"error", "the server is starting or ending; ask again in a moment"}});
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
