// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.hpp"
#include "net/support.hpp"
#include "support/raw_server.hpp"

#include <memory>
#include <ostream>

namespace mahavishnu::net {

inline std::ostream& operator<<(std::ostream& out, const client_answer& answer) {
  return out << answer.status << ' ' << answer.body;
}

} // namespace mahavishnu::net

namespace mahavishnu::test {

using net::client_answer;
using net::client_options;
using net::client_request;
using net::http_client;
using outcome = result<client_answer>;

inline std::unique_ptr<http_client> open_client(client_options options = {}) {
  auto started = http_client::start(std::move(options));
  REQUIRE(started);
  return std::move(*started);
}

inline client_request ask_for(std::string url) {
  client_request request;
  request.url = std::move(url);
  return request;
}

inline std::string url_of(const http_server& server, std::string_view target = "/") {
  return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(target);
}

/// Sends, and promises the outcome.
inline std::future<outcome> start(http_client& client, client_request request,
                                  net::request_number* number = nullptr) {
  auto promise = std::make_shared<std::promise<outcome>>();
  auto future = promise->get_future();
  auto sent = client.send(std::move(request),
                          [promise](outcome result) { promise->set_value(std::move(result)); });
  if (number)
    *number = sent;
  return future;
}

inline outcome exchange(http_client& client, client_request request) {
  return wait_for(start(client, std::move(request)));
}

inline std::string failure_of(const outcome& result) {
  return result ? "no failure" : result.error().message;
}

} // namespace mahavishnu::test
