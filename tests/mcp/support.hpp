// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/client/client.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/raw_server.hpp"

#include <memory>
#include <ostream>

namespace mahavishnu::mcp {

inline std::ostream& operator<<(std::ostream& out, const tool_result& result) {
  return out << (result.is_error ? "error: " : "") << result.text();
}
inline std::ostream& operator<<(std::ostream& out, const terms& agreed) {
  return out << (agreed.era == era::modern ? "modern " : "legacy ") << agreed.version << ' '
             << agreed.session_id;
}
inline std::ostream& operator<<(std::ostream& out, const std::vector<tool>& tools) {
  return out << tools.size() << " tools";
}

} // namespace mahavishnu::mcp

namespace mahavishnu::test {

using mcp::call_options;
using mcp::call_result;
using mcp::client_options;
using mcp::json;
using mcp::terms;
using mcp::tool_result;

/// A client of one server, with an HTTP client of its own.
class speaker {
public:
  explicit speaker(client_options options) {
    auto started = net::http_client::start({});
    REQUIRE(started);
    http_ = std::move(*started);
    auto opened = mcp::client::open(*http_, std::move(options));
    REQUIRE(opened);
    client_ = std::move(*opened);
  }
  explicit speaker(const std::string& url) : speaker(options_for(url)) {}

  static client_options options_for(const std::string& url) {
    client_options options;
    options.url = url;
    options.call_timeout = deadline;
    return options;
  }

  mcp::client* operator->() { return client_.get(); }

  std::future<call_result<tool_result>> start(const std::string& tool, json arguments,
                                              call_options options = {},
                                              mcp::call_number* number = nullptr) {
    auto promise = std::make_shared<std::promise<call_result<tool_result>>>();
    auto future = promise->get_future();
    auto made =
        client_->call_tool(tool, std::move(arguments), std::move(options),
                           [promise](auto result) { promise->set_value(std::move(result)); });
    if (number)
      *number = made;
    return future;
  }

  call_result<tool_result> call(const std::string& tool, json arguments = json::object(),
                                call_options options = {}) {
    return wait_for(start(tool, std::move(arguments), std::move(options)));
  }

  call_result<std::vector<mcp::tool>> list() {
    std::promise<call_result<std::vector<mcp::tool>>> promise;
    client_->list_tools([&](auto result) { promise.set_value(std::move(result)); });
    return wait_for(promise.get_future());
  }

  call_result<terms> ping() {
    std::promise<call_result<terms>> promise;
    client_->ping([&](auto result) { promise.set_value(std::move(result)); });
    return wait_for(promise.get_future());
  }

  void close() { client_.reset(); }

private:
  std::unique_ptr<net::http_client> http_;
  std::unique_ptr<mcp::client> client_;
};

template <class T>
std::string failure_of(const call_result<T>& result) {
  return result ? "no failure" : result.error().message;
}

} // namespace mahavishnu::test
