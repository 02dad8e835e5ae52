// SPDX-License-Identifier: MIT
// Several messages in one array, as one older version of the protocol has them.
#include "mahavishnu/auth/token_maker.hpp"
#include "mcp/server_support.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;

namespace {

constexpr auto with_batches = "2025-03-26";
const json elicits{{"elicitation", json::object()}};

json ping(const json& id) {
  return some_server::message("ping", json::object(), id);
}
json call_of(const std::string& tool, const json& id, json arguments = json::object()) {
  return some_server::message("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}},
                              id);
}
json echo_of(std::size_t bytes, const json& id) {
  return call_of("echo", id, {{"text", std::string(bytes, 'x')}});
}
json completion_of(const std::string& begun, const json& id) {
  return some_server::message("completion/complete",
                              {{"ref", {{"type", "ref/resource"}, {"uri", "test://{name}"}}},
                               {"argument", {{"name", "name"}, {"value", begun}}}},
                              id);
}
/// As an answer, it has more than twice as many bytes.
tool_answer result_of(std::size_t bytes) {
  return {to_text(json{{"text", std::string(bytes, 'x')}}), {}, false};
}
json told(const std::string& method, json params = json::object()) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}
json cancelled(const json& id) {
  return told("notifications/cancelled", {{"requestId", id}});
}

/// A server, and a session that may send arrays.
struct some_client {
  explicit some_client(endpoint_options options = {}, const json& capabilities = json::object(),
                       std::vector<std::pair<std::string, std::string>> more = {})
      : s(std::move(options)), headers(std::move(more)) {
    auto begun = s.post(some_server::message("initialize", {{"protocolVersion", with_batches},
                                                            {"capabilities", capabilities}}),
                        headers);
    headers.emplace_back("mcp-session-id", begun.header("Mcp-Session-Id"));
  }
  asked send(const json& message) { return s.post(message, headers); }
  /// Takes no streams.
  asked send_plain(const json& message) {
    auto request = some_server::request("POST", to_text(message));
    request.headers = {{"content-type", "application/json"}, {"accept", "application/json"}};
    request.headers.push_back(headers.back());
    return {s.server, request};
  }

  some_server s;
  std::vector<std::pair<std::string, std::string>> headers;
};

endpoint_options within(const limit_rules& limits) {
  gate_options rules;
  rules.limits = limits;
  endpoint_options options;
  options.entrance = std::make_shared<gate>(std::move(rules));
  return options;
}

std::vector<json> ids_of(const json& answers) {
  std::vector<json> ids;
  for (const auto& each : answers)
    ids.push_back(each.value("id", json{}));
  return ids;
}

std::string problem_of(const json& answer) {
  return answer.value("error", json::object()).value("message", "");
}

int code_of(const json& answer) {
  return answer.value("error", json::object()).value("code", 0);
}

} // namespace

TEST_CASE("messages that come as one array are answered in one array") {
  some_client c;
  auto answer = c.send({ping(1), told("notifications/initialized"),
                        call_of("echo", "two", {{"text", "hello"}}),
                        some_server::message("tools/list", json::object(), 3)});
  CHECK(answer.status() == 200);
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{1, "two", 3});
  CHECK(all.at(0).at("result") == json::object());
  CHECK(all.at(1).at("result").at("structuredContent") == json{{"text", "hello"}});
  CHECK_FALSE(all.at(2).at("result").at("tools").empty());
}

TEST_CASE("what is wrong with one message of an array is said of that one") {
  some_client c;
  auto answer = c.send({7,
                        {{"id", 2}},
                        some_server::message("no/such", json::object(), 3),
                        some_server::message("tools/call", json::object(), 4),
                        some_server::message("initialize", {{"protocolVersion", with_batches}}, 5),
                        json::array({ping(6)}),
                        ping(7)});
  CHECK(answer.status() == 200);
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{nullptr, 2, 3, 4, 5, nullptr, 7});
  std::vector<int> codes;
  for (const auto& each : all)
    codes.push_back(code_of(each));
  CHECK(codes == std::vector<int>{-32600, -32600, -32601, -32602, -32600, -32600, 0});
  CHECK(c.s.server.session_count() == 1);
}

TEST_CASE("an array that asks nothing is accepted") {
  some_client c{{}, elicits};
  auto call = c.send(call_of("ask", 5));
  auto question = c.s.messages_of(call).at(0).at("id");
  json response{
      {"jsonrpc", "2.0"},
      {"id", question},
      {"result", {{"action", "accept"}, {"content", {{"name", "Ann"}}}}},
  };
  CHECK(c.send({told("notifications/initialized"), response}).status() == 202);
  CHECK(c.s.messages_of(call).at(1).at("result").at("structuredContent").at("who") == "Ann");
}

TEST_CASE("an array without messages, or with too many, is refused as a whole") {
  some_client c;
  auto many = json::array();
  for (int i = 0; i < 64; ++i)
    many.push_back(ping(i));
  CHECK(c.send(many).body().size() == 64);
  many.push_back(ping(64));
  for (const auto& each : {many, json::array()}) {
    auto answer = c.send(each);
    CHECK(answer.status() == 400);
    CHECK(answer.error_code() == -32600);
  }
}

TEST_CASE("only a session of the version that has them may send arrays") {
  some_server s;
  auto refused = [&](std::vector<std::pair<std::string, std::string>> headers) {
    auto answer = s.post(json::array({ping(1)}), headers);
    return answer.status() == 400 && answer.error_code() == -32600;
  };
  CHECK(refused({}));
  CHECK(refused({{"mcp-protocol-version", "2026-07-28"}}));
  CHECK(refused({{"mcp-session-id", s.open_session("2025-06-18")}}));
  CHECK(refused({{"mcp-session-id", s.open_session("2025-11-25")}}));
  CHECK_FALSE(refused({{"mcp-session-id", s.open_session(with_batches)}}));
  CHECK(s.post(json::array({ping(1)}), {{"mcp-session-id", "none"}}).status() == 404);
}

TEST_CASE("an array is answered when its last request has ended, and without those cancelled") {
  some_client c;
  auto answer = c.send({call_of("open", 1), ping(2), call_of("open", 3)});
  CHECK(answer.status() == 0);
  c.s.calls.at(0)->finish({"{}", {}, false});
  CHECK(answer.status() == 0);

  SECTION("when it has ended") {
    c.s.calls.at(1)->finish({"{}", {}, false});
    CHECK(ids_of(answer.body()) == std::vector<json>{2, 1, 3});
  }
  SECTION("when it is cancelled") {
    CHECK(c.send(json::array({cancelled(3)})).status() == 202);
    CHECK(c.s.cancelled == 1);
    CHECK(ids_of(answer.body()) == std::vector<json>{2, 1});
  }
}

TEST_CASE("all calls of an array end with the server") {
  some_client c;
  auto answer = c.send({call_of("open", 1), ping(2), call_of("open", 3)});
  answer.stop();
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{2, 1, 3});
  CHECK(all.at(2).at("result").at("isError") == true);
}

TEST_CASE("an array all of whose requests are cancelled is answered with nothing") {
  some_client c;
  auto answer = c.send({call_of("open", 1), call_of("open", 2), cancelled(1)});
  CHECK(c.s.cancelled == 1);
  CHECK(answer.status() == 0);
  c.send(cancelled(2));
  CHECK(c.s.cancelled == 2);
  CHECK(answer.status() == 202);
}

TEST_CASE("an array whose calls have something to say is answered in a stream") {
  some_client c{{}, elicits};
  auto answer = c.send({ping(1), call_of("ask", 2), call_of("open", 3)});
  CHECK(answer.is_stream());
  auto said = c.s.messages_of(answer);
  REQUIRE(said.size() == 2);
  CHECK(said.at(0).at("id") == 1);
  CHECK(said.at(1).at("method") == "elicitation/create");
  c.send({{"jsonrpc", "2.0"},
          {"id", said.at(1).at("id")},
          {"result", {{"action", "accept"}, {"content", {{"name", "Ann"}}}}}});
  CHECK(c.s.messages_of(answer).at(2).at("id") == 2);
  CHECK_FALSE(answer.has_ended());

  SECTION("until the last one has ended") {
    c.s.calls.at(0)->finish({"{}", {}, false});
    CHECK(c.s.messages_of(answer).at(3).at("id") == 3);
  }
  SECTION("also when nobody wants that any more") {
    c.send(cancelled(3));
    CHECK(c.s.messages_of(answer).size() == 3);
  }
  CHECK(answer.has_ended());
}

TEST_CASE("a client that takes no stream is not asked in one, and gets its array") {
  some_client c{{}, elicits};
  auto answer = c.send_plain({ping(1), call_of("ask", 2)});
  CHECK(ids_of(answer.body()) == std::vector<json>{1, 2});
  CHECK(code_of(answer.body().at(1)) == -32600);
}

TEST_CASE("an array with more answers than are kept goes on as a stream") {
  some_client c; // whose stream may have 1 MiB
  auto answer = c.send({call_of("open", 1), call_of("open", 2), call_of("open", 3)});
  c.s.calls.at(0)->finish(result_of(100'000));
  CHECK(answer.status() == 0);
  c.s.calls.at(1)->finish(result_of(100'000));
  CHECK(answer.is_stream());
  CHECK(ids_of(c.s.messages_of(answer)) == std::vector<json>{1, 2});
  CHECK_FALSE(answer.has_ended());
  c.s.calls.at(2)->finish(result_of(1));
  auto said = c.s.messages_of(answer);
  CHECK(ids_of(said) == std::vector<json>{1, 2, 3});
  for (const auto& each : said)
    CHECK(each.contains("result"));
  CHECK(answer.has_ended());
}

TEST_CASE("answers of an array that come faster than any client takes them do not cut it off") {
  some_client c{{}, elicits};
  auto many = json::array();
  for (int i = 0; i < 40; ++i)
    many.push_back(echo_of(30'000, i));
  many.push_back(call_of("ask", 40));
  auto answer = c.send(many);
  auto said = c.s.messages_of(answer);
  REQUIRE(said.size() == 41);
  CHECK(answer.pieces().size() < 600'000);
  CHECK(said.at(4).contains("result"));
  CHECK(problem_of(said.at(39)) ==
        "the answers of this array are too much for one; ask for it alone");
  CHECK(said.at(39).at("id") == 39);
  c.send({{"jsonrpc", "2.0"},
          {"id", said.at(40).at("id")},
          {"result", {{"action", "accept"}, {"content", {{"name", "Ann"}}}}}});
  CHECK(c.s.messages_of(answer).back().at("result").at("structuredContent").at("who") == "Ann");
  CHECK(answer.has_ended());
}

TEST_CASE("what is too much for an array is an error of its request where no stream is taken") {
  some_client c;
  auto many = json::array();
  for (int i = 0; i < 40; ++i)
    many.push_back(echo_of(30'000, i));
  auto answer = c.send_plain(many);
  CHECK(answer.status() == 200);
  auto all = answer.body();
  REQUIRE(all.size() == 40);
  CHECK(to_text(all).size() < 300'000);
  CHECK(all.at(2).contains("result"));
  CHECK(code_of(all.at(39)) == -32600);
  CHECK(all.at(39).at("id") == 39);

  auto only = c.send_plain(json::array({echo_of(1'000'000, 1)})).body();
  CHECK(only.at(0).contains("result"));
}

TEST_CASE("a request of an array that is lost, or fails badly, takes no other with it") {
  some_client c;
  auto answer = c.send({completion_of("lost", 1), completion_of("thrown", 2), ping(3)});
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{1, 2, 3});
  CHECK(code_of(all.at(0)) == -32603);
  CHECK(code_of(all.at(1)) == -32603);
  CHECK(code_of(all.at(2)) == 0);
}

TEST_CASE("each message of an array counts among those of a minute, whatever it is") {
  some_client c{within({1, 5, 0})}; // which has taken one
  auto open = c.send(call_of("open", 9));
  auto answer =
      c.send({ping(1), told("notifications/initialized"), {{"id", 2}}, ping(3), cancelled(9), 4});
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{1, 2, 3, nullptr});
  CHECK(code_of(all.at(0)) == 0);
  CHECK_THAT(problem_of(all.at(1)), ContainsSubstring("jsonrpc"));
  for (std::size_t each : {2, 3}) {
    CHECK_THAT(problem_of(all.at(each)),
               ContainsSubstring("more than 1 requests in a minute; try again in "));
    CHECK(problem_of(all.at(each)).ends_with(" s"));
  }
  CHECK(c.s.cancelled == 0);
  CHECK(answer.header("X-RateLimit-Remaining") == "0");
}

TEST_CASE("an array says what is left after all of its messages") {
  some_client c{within({1, 10, 0})}; // which has taken one
  CHECK(c.send({ping(1), told("notifications/initialized"), ping(2)})
            .header("X-RateLimit-Remaining") == "6");
}

TEST_CASE("a caller of one place may send arrays of what ends at once") {
  some_client c{within({0, 20, 1})};
  auto all = c.send({told("notifications/initialized"), ping(1), ping(2)}).body();
  CHECK(code_of(all.at(0)) == 0);
  CHECK(code_of(all.at(1)) == 0);

  auto answer = c.send({ping(1), call_of("open", 2), ping(3)});
  CHECK(c.send(ping(4)).status() == 429);
  c.s.calls.at(0)->finish({"{}", {}, false});
  auto later = answer.body();
  CHECK(ids_of(later) == std::vector<json>{1, 3, 2});
  CHECK(code_of(later.at(0)) == 0);
  CHECK(code_of(later.at(1)) == -32600);
  CHECK(c.send(ping(4)).status() == 200);
}

TEST_CASE("each request of an array counts among those of a minute") {
  some_client c{within({60, 3, 0})}; // which has taken one
  auto all = c.send({ping(1), ping(2), ping(3), ping(4)}).body();
  CHECK(code_of(all.at(1)) == 0);
  CHECK(code_of(all.at(2)) == -32600);
  CHECK(code_of(all.at(3)) == -32600);
}

TEST_CASE("each request of an array counts among those at a time, until it has ended") {
  some_client c{within({0, 20, 2})};
  auto answer = c.send({call_of("open", 1), call_of("open", 2), call_of("open", 3)});
  REQUIRE(c.s.calls.size() == 2);
  CHECK(c.send(ping(4)).status() == 429);
  for (const auto& each : std::exchange(c.s.calls, {}))
    each->finish({"{}", {}, false});
  auto all = answer.body();
  CHECK(ids_of(all) == std::vector<json>{3, 1, 2});
  CHECK(code_of(all.at(0)) == -32600);
  CHECK(c.send(ping(4)).status() == 200);
}

TEST_CASE("in an array, a token that allows too little is an error of its request only") {
  constexpr auto secret = "a secret of at least thirty-two characters";
  gate_options rules;
  rules.tokens.emplace();
  rules.tokens->keys = std::make_unique<fixed_keys>(auth::key_set::of_secret(secret).value());
  endpoint_options options;
  options.entrance = std::make_shared<gate>(std::move(rules));
  auth::token_wish wish;
  wish.user_id = "ann";
  wish.scopes = auth::scope::read;
  auto token =
      auth::token_maker::with_secret(secret).value().make(wish, std::chrono::system_clock::now());
  some_client c{std::move(options), json::object(), {{"authorization", "Bearer " + token.value()}}};
  auto answer = c.send({call_of("open", 1), ping(2)});
  CHECK(answer.status() == 200);
  CHECK(ids_of(answer.body()) == std::vector<json>{1, 2});
  CHECK(code_of(answer.body().at(0)) == -32600);
  CHECK(c.s.calls.empty());
}
