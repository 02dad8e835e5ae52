// SPDX-License-Identifier: MIT
#include "mcp/client/request.hpp"
#include "mcp/protocol/header_value.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;

namespace {

const client_name who{"tester", "1.2"};
const terms legacy{era::legacy, "2025-11-25", "session-1"};

question calling(std::string tool) {
  question asked;
  asked.method = "tools/call";
  asked.name = tool;
  asked.parameters = {{"name", std::move(tool)}, {"arguments", {{"a", 1}}}};
  return asked;
}

std::string header_of(const outgoing& sent, std::string_view name) {
  const auto* found = net::find_header(sent.headers, name);
  return found ? *found : "none";
}

} // namespace

TEST_CASE("a modern request says its version and its client, in the body and in headers") {
  auto sent = build_request(calling("echo"), 7, {}, who);
  auto body = json::parse(sent.body);
  CHECK(body["jsonrpc"] == "2.0");
  CHECK(body["id"] == 7);
  CHECK(body["method"] == "tools/call");
  CHECK(body["params"]["arguments"]["a"] == 1);
  CHECK(body["params"]["_meta"] ==
        json{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
             {"io.modelcontextprotocol/clientInfo", {{"name", "tester"}, {"version", "1.2"}}},
             {"io.modelcontextprotocol/clientCapabilities", json::object()}});
  CHECK(header_of(sent, "MCP-Protocol-Version") == "2026-07-28");
  CHECK(header_of(sent, "Mcp-Method") == "tools/call");
  CHECK(header_of(sent, "Mcp-Name") == "echo");
  CHECK(header_of(sent, "Accept") == "application/json, text/event-stream");
  CHECK(header_of(sent, "Mcp-Session-Id") == "none");
}

TEST_CASE("a legacy request carries its session, and nothing modern") {
  auto sent = build_request(calling("echo"), 7, legacy, who);
  CHECK_FALSE(json::parse(sent.body)["params"].contains("_meta"));
  CHECK(header_of(sent, "MCP-Protocol-Version") == "2025-11-25");
  CHECK(header_of(sent, "Mcp-Session-Id") == "session-1");
  CHECK(header_of(sent, "Mcp-Method") == "none");
  CHECK(header_of(sent, "Mcp-Name") == "none");
}

TEST_CASE("progress and logs are asked for in the way of the era") {
  auto asked = calling("echo");
  asked.wants_progress = true;
  asked.wants_logs = true;
  auto modern = json::parse(build_request(asked, 7, {}, who).body)["params"]["_meta"];
  CHECK(modern["progressToken"] == 7);
  CHECK(modern["io.modelcontextprotocol/logLevel"] == "info");
  CHECK(json::parse(build_request(asked, 7, legacy, who).body)["params"]["_meta"] ==
        json{{"progressToken", 7}});
}

TEST_CASE("the handshake proposes the best version, and says no version in a header") {
  question asked;
  asked.method = "initialize";
  asked.parameters = handshake_parameters(who);
  auto sent = build_request(asked, 1, {era::legacy, "2025-11-25", {}}, who);
  auto parameters = json::parse(sent.body)["params"];
  CHECK(parameters["protocolVersion"] == "2025-11-25");
  CHECK(parameters["capabilities"] == json::object());
  CHECK(parameters["clientInfo"]["name"] == "tester");
  CHECK(header_of(sent, "MCP-Protocol-Version") == "none");
}

TEST_CASE("a request without parameters has none") {
  question asked;
  asked.method = "ping";
  CHECK_FALSE(json::parse(build_request(asked, 1, legacy, who).body).contains("params"));
}

TEST_CASE("a notification has no id, and what a server asks is answered with its id") {
  auto told =
      json::parse(build_notification("notifications/initialized", json::object(), legacy).body);
  CHECK(told == json{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}});
  message asked;
  asked.kind = message_kind::request;
  asked.id = "x";
  asked.method = "sampling/createMessage";
  auto refused = json::parse(build_reply(asked, legacy).body);
  CHECK(refused["id"] == "x");
  CHECK(refused["error"]["code"] == -32601);
  asked.method = "ping";
  CHECK(json::parse(build_reply(asked, legacy).body)["result"] == json::object());
}

TEST_CASE("a text that is no UTF-8 can be sent all the same") {
  auto asked = calling("echo");
  asked.parameters["arguments"] = {{"text", "a\xFFz"}};
  auto body = json::parse(build_request(asked, 1, {}, who).body);
  CHECK(body["params"]["arguments"]["text"] == "a\xEF\xBF\xBDz");
}

TEST_CASE("bytes are written in base64") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFF\xFE\xFD") == "//79");
}

TEST_CASE("only what a header cannot carry is encoded") {
  CHECK(header_value("store_memory") == "store_memory");
  CHECK(header_value("two words") == "two words");
  CHECK(header_value("f\xC3\xBCr") == "=?base64?ZsO8cg==?=");
  CHECK(header_value("a\nb") == "=?base64?YQpi?=");
  CHECK(header_value(" a") == "=?base64?IGE=?=");
  CHECK(header_value("a ") == "=?base64?YSA=?=");
  CHECK(header_value("") == "=?base64?"
                            "?=");
  CHECK(header_value("=?base64?YQ==?=") == "=?base64?PT9iYXNlNjQ/WVE9PT89"
                                           "?=");
}

TEST_CASE("arguments that a tool wants in headers are found, and written by their kind") {
  auto schema = json::parse(R"({"properties": {
    "region": {"x-mcp-header": "Region"}, "plain": {"type": "string"},
    "deep": {"properties": {"count": {"x-mcp-header": "Count"}}},
    "bad": {"x-mcp-header": "Bad: name\r\n"}, "number": {"x-mcp-header": 7},
    "flag": {"x-mcp-header": "Flag"}, "list": {"x-mcp-header": "List"},
    "missing": {"x-mcp-header": "Missing"}, "nothing": {"x-mcp-header": "Nothing"}}})");
  auto mirrored = mirrored_arguments(schema);
  auto arguments = json::parse(R"({"region": "eu", "plain": "a", "deep": {"count": -3},
    "bad": "x", "number": "y", "flag": true, "list": [1], "nothing": null})");
  auto headers = argument_headers(mirrored, arguments);
  net::http_headers expected{
      {"Mcp-Param-Count", "-3"}, {"Mcp-Param-Flag", "true"}, {"Mcp-Param-Region", "eu"}};
  std::ranges::sort(headers);
  CHECK(headers == expected);
  CHECK(argument_headers(mirrored, json::array()).empty());
  CHECK(mirrored_arguments("no schema").empty());
  CHECK(mirrored_arguments(json::parse(R"({"properties": []})")).empty());
}
