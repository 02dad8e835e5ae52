// SPDX-License-Identifier: MIT
// What belongs to one caller is for no other, and nobody may do more than a token says.
#include "auth/tokens.hpp"
#include "mahavishnu/auth/token_maker.hpp"
#include "mcp/server/audit_log.hpp"
#include "mcp/server_support.hpp"
#include "support/scratch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::mcp::server::test;

namespace {

constexpr auto our_secret = "a secret of at least thirty-two characters";

endpoint_options asks_for_tokens() {
  gate_options rules;
  rules.tokens.emplace();
  rules.tokens->keys = std::make_unique<fixed_keys>(auth::key_set::of_secret(our_secret).value());
  endpoint_options options;
  options.entrance = std::make_shared<gate>(std::move(rules));
  return options;
}

std::pair<std::string, std::string> token_of(const std::string& user, auth::scope_set scopes,
                                             std::chrono::seconds lifetime = std::chrono::hours{
                                                 1}) {
  auth::token_wish wish;
  wish.lifetime = lifetime;
  wish.user_id = user;
  wish.scopes = scopes;
  auto made = auth::token_maker::with_secret(our_secret)
                  .value()
                  .make(wish, std::chrono::system_clock::now());
  return {"authorization", "Bearer " + made.value()};
}

json knowing_tasks(json params) {
  params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {
      {"extensions", {{"io.modelcontextprotocol/tasks", json::object()}}}};
  return params;
}

} // namespace

TEST_CASE("a session is for the caller who began it") {
  some_server s{asks_for_tokens()};
  auto ann = token_of("ann", auth::scope::read);
  auto eve = token_of("eve", auth::scope::admin);
  auto first =
      s.post(some_server::message("initialize", {{"protocolVersion", "2025-11-25"}}), {ann});
  auto id = first.header("Mcp-Session-Id");
  REQUIRE_FALSE(id.empty());
  auto ping = [&](const auto& who) {
    return s.post(some_server::message("ping"), {{"mcp-session-id", id}, who}).status();
  };
  CHECK(ping(ann) == 200);
  CHECK(ping(eve) == 404);
  CHECK(s.get(id, {eve}).status() == 404);
  CHECK(s.get(id, {ann}).status() == 200);
  CHECK(s.get(id).status() == 401);
}

TEST_CASE("who was let in by a token listens no longer than that is good") {
  some_server s{asks_for_tokens()};
  auto begun = std::chrono::steady_clock::now();
  auto soon = token_of("ann", auth::scope::read, std::chrono::minutes{5});
  auto first =
      s.post(some_server::message("initialize", {{"protocolVersion", "2025-11-25"}}), {soon});
  auto stream = s.get(first.header("Mcp-Session-Id"), {soon});
  auto news =
      s.modern("subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}}, {soon});
  for (auto* each : {&stream, &news}) {
    REQUIRE(each->is_stream());
    REQUIRE(each->stop_at());
    CHECK(*each->stop_at() > begun + std::chrono::seconds{298});
    CHECK(*each->stop_at() < std::chrono::steady_clock::now() + std::chrono::seconds{301});
    each->stop();
    CHECK(each->has_ended());
  }
  CHECK(s.messages_of(news).back()["result"]["resultType"] == "complete");
  // One that is good for ages does not stop at once, as a time that is too long for a clock would.
  auto made = mahavishnu::test::signed_token(R"({"alg":"HS256"})",
                                             R"({"sub":"ann","exp":253402300799})", our_secret);
  std::pair<std::string, std::string> for_long{"authorization", "Bearer " + made};
  auto long_news = s.modern("subscriptions/listen",
                            {{"notifications", {{"toolsListChanged", true}}}}, {for_long});
  REQUIRE(long_news.stop_at());
  CHECK(*long_news.stop_at() > begun + std::chrono::years{1});
}

TEST_CASE("a task is for the caller who was given its id") {
  some_server s{asks_for_tokens()};
  auto ann = token_of("ann", auth::scope::admin);
  auto eve = token_of("eve", auth::scope::admin);
  for (const auto* tool : {"long", "elsewhere"}) {
    INFO(tool);
    auto begun = s.modern("tools/call", knowing_tasks({{"name", tool}}), {ann});
    auto id = begun.body()["result"]["taskId"].get<std::string>();
    auto ask = [&](const char* method, const auto& who) {
      return s.modern(method, knowing_tasks({{"taskId", id}}), {who}).body().contains("result");
    };
    CHECK(ask("tasks/get", ann));
    CHECK_FALSE(ask("tasks/get", eve));
    CHECK_FALSE(ask("tasks/cancel", eve));
    CHECK_FALSE(ask("tasks/update", eve));
    CHECK(ask("tasks/cancel", ann));
  }
}

TEST_CASE("a call whose arguments are refused is written down, with the reason") {
  scratch here;
  {
    endpoint_options options;
    options.audit = audit_log::open(here / "audit.log", 0).value();
    some_server s{std::move(options)};
    json unmatched{{"name", "echo"}, {"arguments", {{"text", "x"}, {"region", "north"}}}};
    CHECK(s.modern("tools/call", unmatched).status() == 400);
    json wrong{{"name", "echo"}, {"arguments", {{"text", 7}, {"password", "s3same"}}}};
    CHECK(s.modern("tools/call", wrong).body()["result"]["isError"] == true);
  }
  auto text = here.read("audit.log");
  CHECK(text.find("s3same") == std::string::npos);
  auto first = json::parse(text.substr(0, text.find('\n')));
  CHECK(first["result"] == "failure");
  CHECK_THAT(first["error"].get<std::string>(), ContainsSubstring("Region"));
  auto second = json::parse(text.substr(text.find('\n') + 1));
  CHECK(second["tool_name"] == "echo");
  CHECK(second["result"] == "failure");
  CHECK(second["params"]["text"] == 7);
  CHECK_THAT(second["error"].get<std::string>(), ContainsSubstring("text"));
}

TEST_CASE("a token that allows too little is told what is missing") {
  some_server s{asks_for_tokens()};
  auto reader = token_of("ann", auth::scope::read);
  json echo{{"name", "echo"}, {"arguments", {{"text", "x"}}}};
  CHECK(s.modern("tools/call", echo, {reader}).status() == 200);
  auto refused = s.modern("tools/call", {{"name", "open"}}, {reader});
  CHECK(refused.status() == 403);
  CHECK(refused.header("WWW-Authenticate").find("insufficient_scope") != std::string::npos);
  CHECK(s.calls.empty());
  CHECK(s.modern("tasks/cancel", knowing_tasks({{"taskId", "x"}}), {reader}).status() == 403);
  CHECK(s.modern("tools/list", json::object(), {token_of("ann", {})}).status() == 403);
}
