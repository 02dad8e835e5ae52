// SPDX-License-Identifier: MIT
#include "cli/mcp_services.hpp"

#include "mcp/bridge/bridge.hpp"
#include "mcp/client/client.hpp"
#include "net/http_client.hpp"

#include <future>

namespace mahavishnu::cli {

using namespace std::chrono_literals;

namespace {

constexpr auto answer_limit = 5s;

/// The address of `/health` on the port of an endpoint.
std::string health_url(const std::string& endpoint) {
  auto host = endpoint.find("://");
  auto path = endpoint.find('/', host == std::string::npos ? 0 : host + 3);
  return endpoint.substr(0, path) + "/health";
}

std::string problem_of_health(net::http_client& http, const std::string& endpoint) {
  std::promise<std::string> problem;
  net::client_request request;
  request.url = health_url(endpoint);
  request.whole_timeout = answer_limit;
  http.send(request, [&](const result<net::client_answer>& answer) {
    if (!answer)
      problem.set_value(answer.error().message);
    else if (answer->status != 200)
      problem.set_value("GET " + request.url + " is answered with HTTP status " +
                        std::to_string(answer->status));
    else
      problem.set_value({});
  });
  return problem.get_future().get();
}

std::string problem_of_mcp(net::http_client& http, const std::string& endpoint,
                           const std::string& token) {
  mcp::client_options options;
  options.url = endpoint;
  options.bearer_token = token;
  options.era = mcp::era_choice::modern; // which asks server/discover
  auto client = mcp::client::open(http, options);
  if (!client)
    return client.error().message;
  std::promise<std::string> problem;
  (*client)->ping(
      [&](const mcp::call_result<mcp::terms>& answer) {
        problem.set_value(answer ? std::string{} : answer.error().message);
      },
      answer_limit);
  return problem.get_future().get();
}

} // namespace

result<void> bridge_mcp(const bridge_wish& wish, std::stop_token stop) {
  mcp::bridge::bridge_options options;
  options.find_url = wish.find_url;
  options.token = wish.token;
  options.ca_file = wish.ca_file;
  options.max_message_bytes = wish.max_message_bytes;
  return mcp::bridge::run_bridge(std::move(options), std::move(stop));
}

endpoint_health ask_endpoint(const std::string& url, const std::string& token,
                             const std::string& ca_file) {
  endpoint_health health;
  net::client_options options;
  options.ca_file = ca_file;
  auto http = net::http_client::start(std::move(options));
  if (!http) {
    health.http_problem = health.mcp_problem = http.error().message;
    return health;
  }
  health.http_problem = problem_of_health(**http, url);
  auto begin = std::chrono::steady_clock::now();
  health.mcp_problem = problem_of_mcp(**http, url, token);
  health.round_trip =
      std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  return health;
}

} // namespace mahavishnu::cli
