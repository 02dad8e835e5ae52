// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/server/endpoint.hpp"
#include "net/answer_channel.hpp"
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// An MCP endpoint without sockets: requests go in, and what would be written comes out.
namespace mahavishnu::mcp::server::test {

using namespace mahavishnu::test;

/// One request, and what has been answered until now.
class asked {
public:
  asked(endpoint& whom, net::http_request request) {
    request.headers.emplace_back("host", "127.0.0.1:8680");
    whom.handle(request, net::http_answer{channel_});
    look();
  }

  unsigned status() { return look().head ? look_.head->status : 0; }
  /// Of an answer that is no stream.
  json body() { return json::parse(look().head ? look_.head->body : "null"); }
  std::string header(const std::string& name) {
    for (const auto& [each, value] : look().head.value_or(net::http_response{}).headers)
      if (each == name)
        return value;
    return {};
  }
  bool is_stream() { return look().is_stream; }
  /// What a stream has said.
  std::string pieces() {
    look();
    return look_.head.value_or(net::http_response{}).body + pieces_;
  }
  bool has_ended() { return look().has_ended; }
  int error_code() { return body().at("error").at("code").get<int>(); }
  void go_away() { channel_->tell_gone(); }
  void stop() { channel_->tell_stopping(); }

private:
  const net::answer_news& look() {
    auto more = channel_->take();
    if (more.head) {
      look_.head = std::move(more.head);
      look_.is_stream = more.is_stream;
    }
    look_.has_ended = look_.has_ended || more.has_ended;
    for (const auto& each : more.pieces)
      pieces_ += each;
    return look_;
  }

  std::shared_ptr<net::answer_channel> channel_ = std::make_shared<net::answer_channel>(
      std::weak_ptr<net::http_core>{}, std::weak_ptr<net::http_session>{}, 1 << 20);
  net::answer_news look_;
  std::string pieces_;
};

/// A server with a tool that says what it hears, and one whose calls stay open.
struct some_server {
  explicit some_server(endpoint_options options = {}, std::size_t more_tools = 0)
      : server(std::move(options), catalog{tools(more_tools)}) {}

  std::vector<tool> tools(std::size_t more) {
    json input{{"type", "object"},
               {"properties",
                {{"text", {{"type", "string"}}},
                 {"region", {{"type", "string"}, {"x-mcp-header", "Region"}}},
                 {"count", {{"type", "integer"}, {"x-mcp-header", "Count"}}}}},
               {"required", {"text"}}};
    json output{{"type", "object"}};
    tool echo{"echo",
              "Echo",
              "Says what it hears",
              input,
              output,
              {true, false, true, false, auth::scope::read},
              [](const auto& call) {
                json said{{"text", string_member(call->arguments(), "text")}};
                call->finish({to_text(said), {}, false});
              }};
    tool open{
        "open", "Open", "Ends when it is ended", output, output, {}, [this](const auto& call) {
          call->on_cancel([this] { ++cancelled; });
          calls.push_back(call);
        }};
    tool lazy{"lazy", "Lazy", "Never answers", output, output, {}, [](const auto&) {}};
    std::vector<tool> all{echo, open, lazy};
    for (std::size_t i = 0; i < more; ++i) {
      all.push_back(echo);
      all.back().name = "echo-" + std::to_string(i);
    }
    return all;
  }

  static net::http_request request(std::string method, std::string body = {}) {
    net::http_request made;
    made.method = std::move(method);
    made.target = "/mcp";
    made.body = std::move(body);
    if (made.method == "POST")
      made.headers = {{"content-type", "application/json"},
                      {"accept", "application/json, text/event-stream"}};
    return made;
  }

  asked post(const json& message,
             const std::vector<std::pair<std::string, std::string>>& headers = {}) {
    auto made = request("POST", to_text(message));
    made.headers.insert(made.headers.end(), headers.begin(), headers.end());
    return {server, made};
  }

  static json modern_meta() {
    return {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
            {"io.modelcontextprotocol/clientCapabilities", json::object()}};
  }
  static json message(const std::string& method, json params = json::object(), json id = 1) {
    return {{"jsonrpc", "2.0"}, {"id", std::move(id)}, {"method", method}, {"params", params}};
  }

  /// A modern request with all that it needs.
  asked modern(const std::string& method, json params = json::object(),
               std::vector<std::pair<std::string, std::string>> more = {}) {
    params["_meta"].update(modern_meta());
    more.emplace_back("mcp-protocol-version", "2026-07-28");
    more.emplace_back("mcp-method", method);
    if (params.contains("name") && params["name"].is_string())
      more.emplace_back("mcp-name", params["name"].get<std::string>());
    return post(message(method, params), more);
  }

  /// The id of a new session.
  std::string open_session(const std::string& version = "2025-11-25") {
    auto answer = post(message("initialize", {{"protocolVersion", version},
                                              {"capabilities", json::object()},
                                              {"clientInfo", {{"name", "t"}, {"version", "1"}}}}));
    CHECK(answer.status() == 200);
    return answer.header("Mcp-Session-Id");
  }
  asked legacy(const std::string& session, const std::string& method,
               const json& params = json::object(), const json& id = 1) {
    return post(message(method, params, id), {{"mcp-session-id", session}});
  }

  std::vector<std::shared_ptr<tool_call>> calls;
  int cancelled = 0;
  endpoint server;
};

} // namespace mahavishnu::mcp::server::test
