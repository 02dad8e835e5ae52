// SPDX-License-Identifier: MIT
#include "server_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;
using namespace std::chrono_literals;

// -- the modern era -------------------------------------------------------------------------------

TEST_CASE("a modern client discovers the server") {
  some_server s;
  auto answer = s.modern("server/discover");
  CHECK(answer.status() == 200);
  auto body = answer.body();
  CHECK(body["id"] == 1);
  const auto& result = body["result"];
  CHECK(result["resultType"] == "complete");
  CHECK(result["supportedVersions"] == json::array({"2026-07-28"}));
  for (const auto* each : {"tools", "prompts", "resources", "completions", "logging"})
    CHECK(result["capabilities"].contains(each));
  CHECK(result["capabilities"]["extensions"].contains("io.modelcontextprotocol/tasks"));
  CHECK(result["ttlMs"].is_number_unsigned());
  CHECK(result["cacheScope"] == "public");
  CHECK(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "mahavishnu");
}

TEST_CASE("a modern request says what it must, in its body and in its headers") {
  some_server s;
  auto params = json{{"name", "echo"}, {"arguments", {{"text", "x"}}}};
  auto with_meta = params;
  with_meta["_meta"] = some_server::modern_meta();
  std::vector<std::pair<std::string, std::string>> good{
      {"mcp-protocol-version", "2026-07-28"}, {"mcp-method", "tools/call"}, {"mcp-name", "echo"}};
  auto call = [&](const json& what, const auto& headers) {
    return s.post(some_server::message("tools/call", what), headers);
  };
  CHECK(call(with_meta, good).status() == 200);
  for (const auto& wrong : {json{{"name", 7}}, json{{"name", "echo"}, {"arguments", 7}}, json{}}) {
    auto what = wrong.is_null() ? json::object() : wrong;
    what["_meta"] = some_server::modern_meta();
    auto answer = call(what, good);
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == -32602);
  }

  // Without the envelope.
  CHECK(call(params, good).error_code() == -32602);
  for (const auto* member :
       {"io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"}) {
    auto less = with_meta;
    less["_meta"].erase(member);
    auto answer = call(less, good);
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == -32602);
    CHECK(answer.body()["id"] == 1);
  }
  // Each header: missing, twice, or something else.
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto headers = good;
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(call(with_meta, headers).error_code() == -32020);
    headers = good;
    headers.push_back(good[i]);
    CHECK(call(with_meta, headers).error_code() == -32020);
    headers = good;
    headers[i].second = "other";
    auto answer = call(with_meta, headers);
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == -32020);
  }
}

TEST_CASE("a version that nobody speaks is refused with those that we do") {
  some_server s;
  auto params = json{{"_meta", some_server::modern_meta()}};
  params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "v999";
  auto message = some_server::message("tools/list", params);
  auto mixed = s.post(message, {{"mcp-protocol-version", "2026-07-28"}});
  CHECK(mixed.error_code() == -32020);
  auto both = s.post(message, {{"mcp-protocol-version", "v999"}});
  CHECK(both.status() == 400);
  CHECK(both.error_code() == -32022);
  CHECK(both.body()["error"]["data"] ==
        json{{"supported", json::array({"2026-07-28"})}, {"requested", "v999"}});
}

TEST_CASE("methods of the other era are unknown to a modern client") {
  some_server s;
  for (const auto* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                             "tasks/list", "nonsense"}) {
    auto answer = s.modern(method);
    CHECK(answer.status() == 404);
    CHECK(answer.error_code() == -32601);
  }
}

TEST_CASE("arguments that stand in headers too must say the same there") {
  some_server s;
  auto call = [&](const json& arguments, const auto& headers) {
    return s.modern("tools/call", {{"name", "echo"}, {"arguments", arguments}}, headers);
  };
  using headers = std::vector<std::pair<std::string, std::string>>;
  json with{{"text", "x"}, {"region", "eu"}, {"count", 12}};
  CHECK(call(with, headers{{"mcp-param-region", "eu"}, {"mcp-param-count", "12"}}).status() == 200);
  CHECK(call(with, headers{{"mcp-param-region", "=?base64?ZXU=?="}, {"mcp-param-count", "12"}})
            .status() == 200);
  for (const auto& wrong :
       {headers{{"mcp-param-count", "12"}},
        headers{{"mcp-param-region", "EU"}, {"mcp-param-count", "12"}},
        headers{{"mcp-param-region", "=?base64?ZXU?="}, {"mcp-param-count", "12"}},
        headers{{"mcp-param-region", "eu"}, {"mcp-param-count", "13"}},
        headers{{"mcp-param-region", "eu"}, {"mcp-param-count", "12x"}}}) {
    auto answer = call(with, wrong);
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == -32020);
  }
  json without{{"text", "x"}, {"region", nullptr}};
  CHECK(call(without, headers{{"mcp-param-region", "eu"}}).error_code() == -32020);
}

// -- the legacy era -------------------------------------------------------------------------------

TEST_CASE("a legacy client agrees on a version and gets a session") {
  some_server s;
  for (const auto* version : {"2025-11-25", "2025-06-18", "2025-03-26"}) {
    auto answer = s.post(some_server::message("initialize", {{"protocolVersion", version}}));
    CHECK(answer.body()["result"]["protocolVersion"] == version);
  }
  auto answer = s.post(some_server::message("initialize", {{"protocolVersion", "1999-01-01"}}));
  auto result = answer.body()["result"];
  CHECK(result["protocolVersion"] == "2025-11-25");
  CHECK(result["serverInfo"]["name"] == "mahavishnu");
  CHECK_FALSE(result.contains("resultType"));
  auto id = answer.header("Mcp-Session-Id");
  CHECK(id.size() == 32);
  CHECK(s.open_session() != id);
  CHECK(s.post(some_server::message("initialize")).error_code() == -32602);
}

TEST_CASE("a legacy request needs a session that there is, and a version that we speak") {
  some_server s;
  auto id = s.open_session();
  CHECK(s.legacy(id, "ping").body()["result"] == json::object());
  CHECK(s.post(some_server::message("ping")).status() == 400);
  CHECK(s.legacy("unknown", "ping").status() == 404);
  auto with_version = [&](const std::string& version) {
    return s.post(some_server::message("ping"),
                  {{"mcp-session-id", id}, {"mcp-protocol-version", version}});
  };
  CHECK(with_version("2025-06-18").status() == 200);
  CHECK(with_version("v999").status() == 400);
  auto unknown = s.legacy(id, "server/discover");
  CHECK(unknown.status() == 200);
  CHECK(unknown.error_code() == -32601);
}

TEST_CASE("a session ends by DELETE, and with it what runs in it") {
  some_server s;
  auto id = s.open_session();
  auto open = s.legacy(id, "tools/call", {{"name", "open"}});
  auto remove = [&](const std::string& which) {
    auto request = some_server::request("DELETE");
    request.headers.emplace_back("mcp-session-id", which);
    return asked{s.server, request}.status();
  };
  CHECK(remove("unknown") == 404);
  CHECK(remove(id) == 204);
  CHECK(s.cancelled == 1);
  CHECK(remove(id) == 404);
  CHECK(s.legacy(id, "ping").status() == 404);
  CHECK(asked{s.server, some_server::request("DELETE")}.status() == 400);
  CHECK(asked{s.server, some_server::request("GET")}.status() == 405);
  CHECK(asked{s.server, some_server::request("PUT")}.header("Allow") == "POST, GET, DELETE");
}

TEST_CASE("the session that was used longest ago makes room for a new one") {
  endpoint_options options;
  options.most_sessions = 2;
  some_server s{options};
  auto first = s.open_session();
  auto second = s.open_session();
  CHECK(s.legacy(first, "ping").status() == 200);
  s.open_session();
  CHECK(s.legacy(first, "ping").status() == 200);
  CHECK(s.legacy(second, "ping").status() == 404);
}

TEST_CASE("sessions that say nothing end, and those for which something runs do not") {
  session_table table{10, 60s};
  auto start = std::chrono::steady_clock::now();
  auto idle = table.open("2025-11-25", {}, "", start);
  auto busy = table.open("2025-11-25", {}, "", start);
  auto call = quiet_call::of(1);
  CHECK(busy->begin(call) == session::admission::good);
  CHECK(busy->begin(call) == session::admission::runs_already);
  CHECK(table.find(idle->id(), start + 60s) == idle);
  CHECK(table.find(idle->id(), start + 121s) == nullptr);
  CHECK(table.find(busy->id(), start + 121s) == busy);
  busy->end(1);
  CHECK(table.find(busy->id(), start + 182s) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("a legacy client cancels by notification, and not by going away") {
  some_server s;
  auto id = s.open_session();
  auto open = s.legacy(id, "tools/call", {{"name", "open"}}, "a");
  open.go_away();
  CHECK(s.cancelled == 0);
  auto cancel = [&](const json& which) {
    return s.post({{"jsonrpc", "2.0"},
                   {"method", "notifications/cancelled"},
                   {"params", {{"requestId", which}}}},
                  {{"mcp-session-id", id}});
  };
  CHECK(s.legacy(id, "tools/call", {{"name", "open"}}, "a").error_code() == -32600);
  CHECK(cancel("b").status() == 202);
  CHECK(s.cancelled == 0);
  CHECK(cancel("a").status() == 202);
  CHECK(s.cancelled == 1);
  // The id may come again when its call has ended.
  auto again = s.legacy(id, "tools/call", {{"name", "open"}}, "a");
  CHECK(again.status() == 0);
}

// -- tools ----------------------------------------------------------------------------------------

TEST_CASE("a tool is listed with all that a client needs, and its answer fits both eras") {
  some_server s;
  auto id = s.open_session();
  auto listed = s.modern("tools/list").body()["result"];
  CHECK(listed["ttlMs"].is_number());
  CHECK_FALSE(listed.contains("nextCursor"));
  const auto& first = listed["tools"][0];
  CHECK(first["name"] == "echo");
  CHECK(first["title"] == "Echo");
  CHECK(first["inputSchema"]["required"] == json::array({"text"}));
  CHECK(first["outputSchema"] == json{{"type", "object"}});
  CHECK(first["annotations"]["readOnlyHint"] == true);
  CHECK(s.legacy(id, "tools/list").body()["result"]["tools"] == listed["tools"]);

  json call{{"name", "echo"}, {"arguments", {{"text", "a\"b\xc3\xa9"}}}};
  auto modern = s.modern("tools/call", call).body()["result"];
  auto legacy = s.legacy(id, "tools/call", call).body()["result"];
  CHECK(modern["structuredContent"] == json{{"text", "a\"b\xc3\xa9"}});
  CHECK(json::parse(modern["content"][0]["text"].get<std::string>()) ==
        modern["structuredContent"]);
  CHECK(modern["resultType"] == "complete");
  CHECK(legacy["content"] == modern["content"]);
  CHECK_FALSE(legacy.contains("resultType"));
  CHECK_FALSE(legacy.contains("isError"));
}

TEST_CASE("a long list comes in pages") {
  some_server s{{}, 250};
  std::set<std::string> names;
  json params = json::object();
  int pages = 0;
  do {
    auto page = s.modern("tools/list", params).body()["result"];
    for (const auto& each : page["tools"])
      CHECK(names.insert(each["name"].get<std::string>()).second);
    params["cursor"] = page.value("nextCursor", json{});
    ++pages;
  } while (!params["cursor"].is_null());
  CHECK(pages == 3);
  CHECK(names.size() == 258);
  for (const auto& wrong : {json{""}, json{"nonsense"}, json{7}}) {
    auto answer = s.modern("tools/list", {{"cursor", wrong}});
    CHECK(answer.status() == 200);
    CHECK(answer.error_code() == -32602);
  }
}

TEST_CASE("what a tool cannot take is said in its answer, and what there is not as an error") {
  some_server s;
  auto id = s.open_session();
  for (const auto& arguments :
       {json{{"text", 7}}, json::object(), json{{"text", "x"}, {"count", 1.5}}}) {
    auto answer = s.legacy(id, "tools/call", {{"name", "echo"}, {"arguments", arguments}});
    CHECK(answer.status() == 200);
    auto result = answer.body()["result"];
    CHECK(result["isError"] == true);
    CHECK_THAT(result["content"][0]["text"].get<std::string>(),
               ContainsSubstring("echo: arguments"));
  }
  auto unknown = s.modern("tools/call", {{"name", "nothing"}});
  CHECK(unknown.status() == 200);
  CHECK(unknown.error_code() == -32602);
  CHECK(s.legacy(id, "tools/call", {{"name", "echo"}, {"arguments", 7}}).error_code() == -32602);
  // A tool that lets go of a call leaves nobody waiting.
  CHECK(s.modern("tools/call", {{"name", "lazy"}}).error_code() == -32603);
}

TEST_CASE("a call that says how far it is becomes a stream, and any other one does not") {
  some_server s;
  auto quiet = s.modern("tools/call", {{"name", "open"}});
  s.calls[0]->progress(1, 2, "half");
  CHECK(quiet.status() == 0); // nobody wants to know
  s.calls[0]->finish({"{}", {}, false});
  CHECK_FALSE(quiet.is_stream());
  CHECK(quiet.body()["result"]["structuredContent"] == json::object());

  auto told = s.modern("tools/call", {{"name", "open"}, {"_meta", {{"progressToken", "t"}}}});
  s.calls[1]->progress(1, 2, "half");
  s.calls[1]->progress(1, 2, "not further");
  s.calls[1]->progress(2, std::nullopt, {});
  CHECK(told.is_stream());
  CHECK_FALSE(told.has_ended());
  s.calls[1]->finish({"{}", {}, false});
  s.calls[1]->finish({"{}", {}, true});
  s.calls[1]->progress(3, std::nullopt, {});
  CHECK(told.has_ended());
  auto said = told.pieces();
  CHECK(std::count(said.begin(), said.end(), '\n') == 6);
  CHECK_THAT(said, ContainsSubstring(R"("message":"half","progress":1.0,"progressToken":"t")"));
  CHECK_THAT(said, !ContainsSubstring("not further"));
  CHECK_THAT(said, ContainsSubstring(R"("resultType":"complete")"));
  CHECK_THAT(said, !ContainsSubstring("isError"));
}

TEST_CASE("a client that takes no streams gets its result all the same") {
  some_server s;
  auto params = json{{"name", "open"}, {"_meta", some_server::modern_meta()}};
  params["_meta"]["progressToken"] = 7;
  auto request = some_server::request("POST", to_text(some_server::message("tools/call", params)));
  request.headers = {{"content-type", "application/json; charset=utf-8"},
                     {"accept", "application/json"},
                     {"mcp-protocol-version", "2026-07-28"},
                     {"mcp-method", "tools/call"},
                     {"mcp-name", "open"}};
  asked answer{s.server, request};
  s.calls[0]->progress(1, 2, "half");
  CHECK(answer.status() == 0);
  s.calls[0]->finish({"{}", {}, false});
  CHECK(answer.status() == 200);
}

TEST_CASE("a modern client that goes away cancels its call") {
  some_server s;
  auto one = s.modern("tools/call", {{"name", "open"}});
  auto two = s.modern("tools/call", {{"name", "open"}});
  one.go_away();
  CHECK(s.cancelled == 1);
  CHECK(s.calls[0]->is_over());
  CHECK_FALSE(s.calls[1]->is_over());
  s.calls[0]->cancel();
  s.calls[1]->finish({"{}", {}, false});
  two.go_away();
  CHECK(s.cancelled == 1);
}

TEST_CASE("a server that ends answers what runs, and gives up what nobody has said goes on") {
  some_server s;
  auto one = s.modern("tools/call", {{"name", "open"}});
  auto two = s.modern("tools/call", {{"name", "open"}});
  s.calls[1]->on_stopping([](tool_call& whose) { whose.finish({R"({"goes":"on"})", {}, false}); });
  one.stop();
  two.stop();
  one.go_away();
  CHECK(one.body()["result"]["isError"] == true);
  CHECK(two.body()["result"]["structuredContent"] == json{{"goes", "on"}});
  CHECK(s.cancelled == 1);
}

TEST_CASE("a session for which something runs is not the one that makes room") {
  session_table table{2, 60s};
  auto start = std::chrono::steady_clock::now();
  auto busy = table.open("2025-11-25", {}, "", start);
  auto idle = table.open("2025-11-25", {}, "", start);
  auto call = quiet_call::of(1);
  CHECK(busy->begin(call) == session::admission::good);
  table.open("2025-11-25", {}, "", start);
  CHECK(table.find(busy->id(), start) == busy);
  CHECK(table.find(idle->id(), start) == nullptr);
}

TEST_CASE("whole numbers may be written as others are") {
  some_server s;
  auto call = [&](const json& count) {
    return s.modern("tools/call",
                    {{"name", "echo"}, {"arguments", {{"text", "x"}, {"count", count}}}},
                    {{"mcp-param-count", "12"}});
  };
  CHECK_FALSE(call(12.0).body()["result"].contains("isError"));
  CHECK(call(12.5).status() == 400);
}

// -- what is no request ---------------------------------------------------------------------------

TEST_CASE("a body that is no message is refused with the reason") {
  some_server s;
  struct wrong {
    std::string body;
    int code;
    std::string text;
  };
  for (const auto& each : std::vector<wrong>{
           {"", -32700, "no valid JSON"},
           {"{", -32700, "no valid JSON"},
           {"\xff", -32700, "no valid JSON"},
           {"\xef\xbb\xbf{}", -32700, "no valid JSON"},
           {std::string{"{}\0x", 4}, -32700, "no valid JSON"},
           {R"({"jsonrpc":"2.0","id":1,"method":"ping","id":2})", -32700, "'id' comes twice"},
           {std::string(100'000, '['), -32700, "more than 64"},
           {std::string(100'000, '[') + std::string(100'000, ']'), -32700, "more than 64"},
           {"[]", -32600, "an array"},
           {"7", -32600, "no object"},
           {R"({"id":1,"method":"ping"})", -32600, "'jsonrpc'"},
           {R"({"jsonrpc":"2.0","id":1})", -32600, "'method'"},
           {R"({"jsonrpc":"2.0","id":1,"method":7})", -32600, "'method'"},
           {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", -32600, "'id'"},
           {R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", -32600, "'id'"},
           {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", -32602, "'params'"},
       }) {
    INFO(each.body.substr(0, 100));
    asked answer{s.server, some_server::request("POST", each.body)};
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == each.code);
    CHECK_THAT(answer.body()["error"]["message"].get<std::string>(), ContainsSubstring(each.text));
    CHECK_FALSE((answer.body().contains("id") && answer.body()["id"].is_null()));
  }
  auto request = some_server::request("POST", to_text(some_server::message("ping")));
  request.headers[0].second = "text/plain";
  CHECK(asked{s.server, request}.status() == 415);
  request.headers[0].second = "Application/JSON ;charset=utf-8";
  CHECK(asked{s.server, request}.status() == 400); // no session
  request.headers[1].second = "application/json";
  request.headers.emplace_back("accept", "text/event-stream");
  CHECK(asked{s.server, request}.status() == 400);
  request.headers.pop_back();
  request.headers[1].second = "text/html";
  CHECK(asked{s.server, request}.status() == 406);
}

TEST_CASE("only the user of the server, or root, may come in where that is wanted") {
  gate_options rules;
  rules.only_user = 1000;
  endpoint_options options;
  options.entrance = std::make_shared<gate>(std::move(rules));
  some_server s{options};
  auto status_for = [&](bool is_loopback, std::optional<std::uint32_t> user) {
    auto request = some_server::request("GET");
    request.peer.is_loopback = is_loopback;
    request.peer.user = user;
    return asked{s.server, request}.status();
  };
  CHECK(status_for(true, 1000) == 405); // in, and then it is no POST
  CHECK(status_for(true, 0) == 405);
  CHECK(status_for(true, 1001) == 403);
  CHECK(status_for(true, std::nullopt) == 403);
  CHECK(status_for(false, std::nullopt) == 403);
}

TEST_CASE("a foreign host and a page of one are refused") {
  origin_rules rules;
  auto allows = [&](const std::string& host, const std::optional<std::string>& origin) {
    net::http_request request;
    request.headers.emplace_back("host", host);
    if (origin)
      request.headers.emplace_back("origin", *origin);
    return rules.allow(head{request});
  };
  for (const auto* host :
       {"localhost", "localhost:8680", "LocalHost:1", "127.0.0.1:8680", "[::1]:8680", "[::1]"})
    CHECK(allows(host, std::nullopt));
  for (const auto* host : {"", "evil.example", "localhost.evil.example", "localhost:80:80",
                           "localhost:", "127.0.0.1.evil", "[::1", "[::1]x", "127.0.0.2"})
    CHECK_FALSE(allows(host, std::nullopt));
  CHECK(allows("localhost", "http://localhost:3000"));
  CHECK(allows("localhost", "https://127.0.0.1"));
  for (const auto* origin : {"null", "", "http://evil.example", "file://localhost", "localhost"})
    CHECK_FALSE(allows("localhost", std::string{origin}));
  net::http_request twice;
  twice.headers = {
      {"host", "localhost"}, {"origin", "http://localhost"}, {"origin", "http://localhost"}};
  CHECK_FALSE(rules.allow(head{twice}));
}
