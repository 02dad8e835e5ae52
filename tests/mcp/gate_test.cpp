// SPDX-License-Identifier: MIT
#include "auth/tokens.hpp"
#include "mahavishnu/auth/token_maker.hpp"
#include "mcp/server/audit_log.hpp"
#include "mcp/server/gate.hpp"
#include "net/http_server.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"
#include "support/scratch.hpp"

#include <unistd.h>

#include <atomic>
#include <future>

using namespace mahavishnu;
using namespace mahavishnu::mcp;
using namespace mahavishnu::mcp::server;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

constexpr auto audience = "https://server.example/mcp";

auth::checker_options wanting(std::vector<std::string> audiences, std::string issuer = {},
                              std::chrono::seconds leeway = {}) {
  auth::checker_options made;
  made.audiences = std::move(audiences);
  made.issuer = std::move(issuer);
  made.leeway = leeway;
  return made;
}

gate::moment at(std::chrono::system_clock::time_point day = vectors_moment,
                std::chrono::steady_clock::duration later = {}) {
  // Not the beginning of that clock, from which nothing can be told.
  static const auto begin = std::chrono::steady_clock::now();
  return {begin + later, day};
}

net::http_request request_with(std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::http_request made;
  made.method = "POST";
  made.target = "/mcp";
  made.headers = std::move(headers);
  made.headers.emplace_back("host", "127.0.0.1:8680");
  made.peer = {"127.0.0.1", 40'000, true, ::geteuid()};
  return made;
}

net::http_request with_token(std::string_view token) {
  return request_with({{"authorization", "Bearer " + std::string{token}}});
}

gate_options own_user_only() {
  gate_options options;
  options.only_user = ::geteuid();
  return options;
}

gate_options with_keys(std::unique_ptr<key_source> keys, auth::checker_options wanted = {}) {
  gate_options options;
  options.tokens.emplace();
  options.tokens->keys = std::move(keys);
  options.tokens->wanted = std::move(wanted);
  options.resource = "http://127.0.0.1:8680/mcp";
  return options;
}

gate_options with_secret(auth::checker_options wanted = {}) {
  return with_keys(std::make_unique<fixed_keys>(auth::key_set::of_secret(secret).value()),
                   std::move(wanted));
}

gate_options with_public_keys(std::string_view text, auth::algorithm how = auth::algorithm::rs256) {
  return with_keys(std::make_unique<fixed_keys>(auth::key_set::of_public_keys(text, how).value()),
                   wanting({audience}));
}

std::string header_of(const net::http_response& response, std::string_view name) {
  for (const auto& [each, value] : response.headers)
    if (each == name)
      return value;
  return {};
}

/// 200 for whoever is let in, 0 for who must wait.
unsigned status_of(const gate::verdict& said) {
  if (const auto* response = std::get_if<net::http_response>(&said))
    return response->status;
  return std::holds_alternative<admission>(said) ? 200 : 0;
}

unsigned status_of(gate& door, const net::http_request& request, const gate::moment& now = at()) {
  return status_of(door.check(request, now));
}

net::http_response refused(gate& door, const net::http_request& request,
                           const gate::moment& now = at()) {
  auto said = door.check(request, now);
  REQUIRE(std::holds_alternative<net::http_response>(said));
  return std::get<net::http_response>(said);
}

admission let_in(gate& door, const net::http_request& request, const gate::moment& now = at()) {
  auto said = door.check(request, now);
  REQUIRE(std::holds_alternative<admission>(said));
  return std::get<admission>(said);
}

std::string challenge_of(const net::http_response& response) {
  return header_of(response, "WWW-Authenticate");
}

std::string rsa_token(std::string user, std::string key_id = "rsa-1") {
  auto maker =
      auth::token_maker::with_private_key(rsa_private, auth::algorithm::rs256, std::move(key_id));
  auth::token_wish wish;
  wish.user_id = std::move(user);
  wish.audience = {audience};
  return maker.value().make(wish, vectors_moment).value();
}

/// The key set, in which our key has another name.
std::string key_set_without_ours() {
  std::string text{key_set_json};
  auto place = text.find("\"rsa-1\"");
  return text.replace(place, 7, "\"rsa-9\"");
}

} // namespace

// -- without tokens -------------------------------------------------------------------------------

TEST_CASE("without tokens, only the own user and root of this machine are let in") {
  gate door{own_user_only()};
  auto request = request_with();
  auto who = let_in(door, request).who;
  CHECK(who.name.empty());
  CHECK(who.may.covers(auth::scope::admin));
  CHECK(who.method == "own_user");
  request.peer.user = 0;
  CHECK(status_of(door, request) == 200);

  request.peer.user = ::geteuid() + 1;
  auto response = refused(door, request);
  CHECK(response.status == 403);
  auto body = json::parse(response.body);
  CHECK_THAT(body["error"]["message"].get<std::string>(), ContainsSubstring("auth.enabled"));
  CHECK_FALSE(body.contains("id"));
  request.peer.user.reset();
  CHECK(status_of(door, request) == 403);
  request.peer = {"192.0.2.7", 40'000, false, ::geteuid()};
  CHECK(status_of(door, request) == 403);
  // Nobody asks for it, so it opens nothing.
  request.headers.emplace_back("authorization", "Bearer " + std::string{hs256_token});
  CHECK(status_of(door, request) == 403);
}

TEST_CASE("foreign hosts, and pages of them, are refused before anything else") {
  auto is_with_tokens = GENERATE(false, true);
  auto options = is_with_tokens ? with_secret() : own_user_only();
  options.origins.hosts.emplace_back("build.example");
  gate door{std::move(options)};
  auto status = [&](std::string host, std::string origin = {}) {
    auto request = with_token(plain_token);
    request.headers.back().second = std::move(host);
    if (!origin.empty())
      request.headers.emplace_back("origin", std::move(origin));
    return status_of(door, request);
  };
  for (const auto* good : {"localhost", "localhost:1", "127.0.0.1:8680", "[::1]:8680", "LOCALHOST",
                           "build.example:8680", "Build.Example"})
    CHECK(status(good) == 200);
  for (const auto* bad :
       {"evil.example", "127.0.0.1.evil.example", "localhost.", "", "localhost:x", "[::1", "::1",
        "localhost:8680@evil.example", "other.build.example", "0.0.0.0:8680"})
    CHECK(status(bad) == 403);
  CHECK(status("localhost", "http://localhost:3000") == 200);
  CHECK(status("localhost", "https://build.example") == 200);
  for (const auto* bad : {"http://evil.example", "null", "file://", "http://localhost.evil.example",
                          "ftp://localhost", "http://"})
    CHECK(status("localhost", bad) == 403);
  auto request = with_token(plain_token);
  request.headers.emplace_back("host", "127.0.0.1:8680");
  CHECK(status_of(door, request) == 403);
}

// -- with tokens ----------------------------------------------------------------------------------

TEST_CASE("a token says who comes in and what they may do") {
  gate door{with_secret(wanting({audience}))};
  for (auto round = 0; round < 2; ++round) { // the second is remembered
    auto who = let_in(door, with_token(hs256_token)).who;
    CHECK(who.name == "alice");
    CHECK(who.method == "jwt");
    CHECK(who.may == auth::scope_set{auth::scope::read, auth::scope::execute});
  }
  gate without_audience{with_secret()};
  auto request = with_token(plain_token);
  CHECK(let_in(without_audience, request).who.name == "bob");
  request.headers.front().second = "bearer   " + std::string{plain_token};
  CHECK(let_in(without_audience, request).who.name == "bob");
  // Whose process it is does not matter then.
  request.peer = {"192.0.2.7", 40'000, false, {}};
  CHECK(let_in(without_audience, request).who.name == "bob");
}

TEST_CASE("who shows no token is told that there have to be some, and no more") {
  gate door{with_secret()};
  auto in_query = request_with();
  in_query.target = "/mcp?access_token=" + std::string{plain_token};
  for (const auto& request :
       {request_with(), request_with({{"authorization", "Basic dXNlcjpwYXNz"}}),
        request_with({{"authorization", "Bearerx " + std::string{plain_token}}}),
        request_with({{"cookie", "token=" + std::string{plain_token}}}), in_query}) {
    auto response = refused(door, request);
    CHECK(response.status == 401);
    CHECK(challenge_of(response) == "Bearer scope=\"read\"");
  }
  auto twice = with_token(plain_token);
  twice.headers.emplace_back("authorization", "Bearer " + std::string{plain_token});
  auto response = refused(door, twice);
  CHECK(response.status == 400);
  CHECK_THAT(challenge_of(response), ContainsSubstring("error=\"invalid_request\""));
}

TEST_CASE("forged and foreign tokens get 401, with what is wrong with them") {
  gate secrets{with_secret(wanting({audience}))};
  gate rsa{with_public_keys(rsa_public)};
  gate named{with_public_keys(key_set_json)};
  gate curves{with_public_keys(ec_public, auth::algorithm::es256)};
  CHECK(status_of(secrets, with_token(hs256_token)) == 200);
  CHECK(status_of(rsa, with_token(rs256_token)) == 200);
  CHECK(status_of(named, with_token(rs256_token)) == 200);
  CHECK(status_of(curves, with_token(es256_token)) == 200);

  auto check = [](gate& door, std::string_view token, const char* why) {
    for (auto round = 0; round < 2; ++round) {
      auto response = refused(door, with_token(token));
      CHECK(response.status == 401);
      CHECK_THAT(challenge_of(response),
                 ContainsSubstring("Bearer error=\"invalid_token\", error_description=\"") &&
                     ContainsSubstring(why) && ContainsSubstring("scope=\"read\""));
      // Nobody needs to hear the token again.
      if (token.size() > 20)
        CHECK(response.body.find(token.substr(0, 20)) == std::string::npos);
    }
  };
  auto payload = payload_with(R"("aud":"https://server.example/mcp")");
  for (auto* door : {&secrets, &rsa, &named, &curves}) {
    for (const auto* none : {"none", "None", "NONE"})
      check(*door,
            auth::base64url(R"({"alg":")" + std::string{none} + "\"}") + "." +
                auth::base64url(payload) + ".",
            "not signed with");
    check(*door, "x", "three parts");
    check(*door, std::string(9000, 'x'), "longer");
  }
  check(secrets, "", "three parts");
  // A public key as a secret.
  check(rsa, signed_token(hs256_header, payload, rsa_public), "RS256");
  check(rsa, signed_token(R"({"alg":"RS256"})", payload, rsa_public), "signature");
  check(secrets, rs256_token, "HS256");
  // Changed, cut, signed by somebody else.
  check(secrets, signed_token(hs256_header, payload, "another secret with more than 32 letters"),
        "signature");
  check(secrets, hs256_token.substr(0, hs256_token.size() - 2), "base64url");
  check(secrets, hs256_token.substr(0, hs256_token.size() - 3), "signature");
  check(secrets, hs256_token.substr(0, hs256_token.rfind('.')), "three parts");
  check(secrets, std::string{hs256_token} + "." + std::string{hs256_token}, "three parts");
  check(curves, std::string{rs256_token}, "ES256");
  // A key that there is not.
  check(named, rsa_token("alice", "rsa-77"), "not known");
  check(named, rsa_token("alice", ""), "not known");
  check(named, rsa_token("alice", "rsa-0"), "signature");
  // For others.
  check(secrets, token_with(payload_with(R"("aud":"https://other.example")")), "somebody else");
  check(secrets, token_with(good_payload), "whom it is for");
  gate strict{with_secret(wanting({}, "us"))};
  check(strict, token_with(payload_with(R"("iss":"them")")), "somebody else");
}

TEST_CASE("a token is good from its first second on, and not from the one that it ends with") {
  gate door{with_secret()};
  auto token = token_with(R"({"sub":"alice","nbf":1800000010,"exp":1800000020})");
  auto status = [&](long when) { return status_of(door, with_token(token), at(moment(when))); };
  CHECK(status(1800000009) == 401);
  CHECK(status(1800000010) == 200);
  CHECK(status(1800000019) == 200); // remembered by now
  CHECK(status_of(door, with_token(token), at(moment(1800000019) + 999ms)) == 200);
  CHECK(status(1800000020) == 401);
  CHECK_THAT(challenge_of(refused(door, with_token(token), at(moment(1800000021)))),
             ContainsSubstring("expired"));
  CHECK(status(1800000019) == 200);

  gate lenient{with_secret(wanting({}, {}, 5s))};
  auto with_leeway = [&](long when) {
    return status_of(lenient, with_token(token), at(moment(when)));
  };
  CHECK(with_leeway(1800000004) == 401);
  CHECK(with_leeway(1800000005) == 200);
  CHECK(with_leeway(1800000024) == 200);
  CHECK(with_leeway(1800000025) == 401);
}

TEST_CASE("tokens of subscriptions come in with their scopes, and others beside them") {
  constexpr std::string_view other_secret = "the secret of subscriptions, of 40 letters";
  auto options =
      with_keys(std::make_unique<fixed_keys>(auth::key_set::of_secret(other_secret).value()));
  auth::checker_options of_subscriptions;
  of_subscriptions.for_subscriptions = true;
  options.tokens->subscriptions = secret_checker(of_subscriptions);
  gate door{std::move(options)};
  auto who = let_in(door, with_token(subscription_token)).who;
  CHECK(who.name == "dave");
  CHECK(who.method == "claude_subscription");
  CHECK(who.may == auth::scope_set{auth::scope::read, auth::scope::execute});
  auto other = signed_token(hs256_header, good_payload, other_secret);
  CHECK(let_in(door, with_token(other)).who.method == "jwt");
  // One that has ended gets no second chance.
  CHECK(status_of(door, with_token(subscription_token), at(moment(1800003600))) == 401);
}

TEST_CASE("no more tokens are remembered than were allowed, and all good ones come in") {
  auto options = with_secret();
  options.most_tokens = 4;
  gate door{std::move(options)};
  for (auto i = 0; i < 20; ++i) {
    auto token = token_with(payload_with(R"("jti":")" + std::to_string(i) + "\""));
    CHECK(status_of(door, with_token(token)) == 200);
    CHECK(status_of(door, with_token(token)) == 200);
    CHECK(status_of(door, with_token(token + "x")) == 401);
  }
  token_cache cache{2};
  token_cache::second now{10s};
  auto put = [&cache](std::string token, token_cache::second until, token_cache::second at) {
    caller who;
    who.until = until;
    cache.put({std::move(token), std::move(who), {}}, at);
  };
  put("a", now + 1s, now);
  put("b", now + 9s, now);
  CHECK(cache.find("a", now));
  CHECK_FALSE(cache.find("c", now));
  put("c", now + 9s, now + 2s); // for which a goes, since it is over
  CHECK(cache.size() == 2);
  CHECK(cache.find("b", now));
  CHECK_FALSE(cache.find("a", now));
  put("d", now + 9s, now + 2s);
  CHECK(cache.size() == 1);
}

// -- what a caller may do -------------------------------------------------------------------------

TEST_CASE("a call that a token does not allow gets 403 with all that it needs") {
  auto options = with_secret();
  options.authorization_servers = {"https://issuer.example"};
  gate door{std::move(options)};
  caller reader{"alice", auth::scope::read, "jwt"};
  CHECK_FALSE(door.check_scope(reader, auth::scope::read));
  CHECK_FALSE(door.check_scope(reader, {}));
  CHECK_FALSE(door.check_scope({"root", auth::scope::admin, "jwt"}, auth::scope::write));
  auto response =
      door.check_scope(reader, {auth::scope::write, auth::scope::execute}, json("call-7"));
  REQUIRE(response);
  CHECK(response->status == 403);
  CHECK(challenge_of(*response) ==
        "Bearer error=\"insufficient_scope\", error_description=\"this needs a token that allows: "
        "write execute\", resource_metadata=\"http://127.0.0.1:8680/.well-known/"
        "oauth-protected-resource/mcp\", scope=\"write execute\"");
  CHECK(json::parse(response->body)["id"] == "call-7");
}

TEST_CASE("where to get tokens can be read without one, if there is such a place") {
  auto ask = [](const gate& door, std::string target, std::string method = "GET",
                std::string host = "localhost") {
    net::http_request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = {{"host", std::move(host)}};
    return door.open_document(request);
  };
  const std::string place = "/.well-known/oauth-protected-resource";
  auto options = with_secret();
  options.authorization_servers = {"https://issuer.example"};
  gate door{std::move(options)};
  for (const auto& path : {place, place + "/mcp", place + "?x=y"}) {
    auto response = ask(door, path);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->content_type == "application/json");
    auto body = json::parse(response->body);
    CHECK(body["resource"] == "http://127.0.0.1:8680/mcp");
    CHECK(body["authorization_servers"] == json{"https://issuer.example"});
    CHECK(body["scopes_supported"] == json{"read", "write", "execute", "admin"});
    CHECK(body["bearer_methods_supported"] == json{"header"});
  }
  CHECK(ask(door, place, "HEAD")->status == 200);
  CHECK(ask(door, place, "POST")->status == 405);
  CHECK(ask(door, place, "GET", "evil.example")->status == 403);
  CHECK_FALSE(ask(door, place + "/other"));
  CHECK_FALSE(ask(door, "/mcp"));
  CHECK(challenge_of(refused(door, request_with())) ==
        "Bearer resource_metadata=\"http://127.0.0.1:8680" + place + "/mcp\", scope=\"read\"");

  gate fixed{with_secret()};
  CHECK_FALSE(ask(fixed, place));
  auto open = own_user_only();
  open.authorization_servers = {"https://issuer.example"};
  open.resource = "http://127.0.0.1:8680/mcp";
  CHECK_FALSE(ask(gate{std::move(open)}, place));
}

// -- how much -------------------------------------------------------------------------------------

TEST_CASE("who asks too often is told when to come again") {
  auto options = with_secret();
  options.limits = {.per_minute = 6, .burst = 3};
  gate door{std::move(options)};
  auto request = with_token(plain_token);
  for (auto left : {"2", "1", "0"}) {
    auto headers = let_in(door, request).headers;
    net::http_response answer;
    answer.headers = headers;
    CHECK(header_of(answer, "X-RateLimit-Limit") == "6");
    CHECK(header_of(answer, "X-RateLimit-Remaining") == left);
  }
  auto response = refused(door, request);
  CHECK(response.status == 429);
  CHECK(header_of(response, "Retry-After") == "10");
  CHECK(header_of(response, "X-RateLimit-Limit") == "6");
  CHECK(header_of(response, "X-RateLimit-Remaining") == "0");
  CHECK(header_of(response, "X-RateLimit-Reset") == "30");
  // Of another caller that is no business, nor of another token of the same one any help.
  CHECK(status_of(door, with_token(token_with(good_payload))) == 200);
  auto second = signed_token(hs256_header, R"({"user_id":"bob","exp":1800003600,"jti":"2"})");
  CHECK(status_of(door, with_token(second)) == 429);

  CHECK(status_of(door, request, at(vectors_moment, 9s)) == 429);
  CHECK(status_of(door, request, at(vectors_moment, 10s)) == 200);
  CHECK(status_of(door, request, at(vectors_moment, 10s)) == 429);
  for (auto i = 0; i < 3; ++i)
    CHECK(status_of(door, request, at(vectors_moment, 1h)) == 200);
  CHECK(status_of(door, request, at(vectors_moment, 1h)) == 429);

  gate unlimited{with_secret()};
  for (auto i = 0; i < 1000; ++i)
    CHECK(let_in(unlimited, request).headers.empty());
}

TEST_CASE("a caller has only so many requests at a time, until their answers are complete") {
  auto is_with_tokens = GENERATE(false, true);
  auto options = is_with_tokens ? with_secret() : own_user_only();
  options.limits.at_a_time = 2;
  gate door{std::move(options)};
  auto request = with_token(plain_token);
  auto first = let_in(door, request);
  auto second = std::make_optional(let_in(door, request));
  auto copy = second->place;
  auto response = refused(door, request);
  CHECK(response.status == 429);
  CHECK(header_of(response, "Retry-After") == "1");
  second.reset();
  CHECK(status_of(door, request) == 429); // there is a copy
  std::thread{[&] { copy.reset(); }}.join();
  CHECK(status_of(door, request) == 200);
  CHECK(status_of(door, request) == 200); // nobody has kept that place
}

TEST_CASE("only so many callers are known at a time, and those who ask nothing are forgotten") {
  limit_rules rules{.per_minute = 60, .burst = 2, .most_callers = 3};
  usage_table table{rules};
  auto now = at().steady;
  auto a = table.of("a", now);
  CHECK(table.of("a", now) == a);
  for (const auto* name : {"b", "c"})
    CHECK(table.of(name, now)->take(rules, now));
  CHECK_FALSE(table.of("d", now));
  CHECK_FALSE(table.of("d", now + 500ms)); // their allowance is not whole yet
  CHECK(table.of("d", now + 2s));
  CHECK(table.size() == 2); // a is still held
  CHECK(table.of("a", now + 2s) == a);
}

// -- keys that change -----------------------------------------------------------------------------

TEST_CASE("a file with keys is read again when it has changed") {
  scratch here;
  here.write("keys.json", key_set_without_ours());
  gate door{with_keys(keys_in_file::open(here / "keys.json", auth::algorithm::rs256).value(),
                      wanting({audience}))};
  auto later = [](int seconds) { return at(vectors_moment, std::chrono::seconds{seconds}); };
  CHECK(status_of(door, with_token(rs256_token), later(0)) == 401);
  here.write("keys.json", key_set_json);
  CHECK(status_of(door, with_token(rs256_token), later(2)) == 200);
  here.write("keys.json", "{ a half");
  CHECK(status_of(door, with_token(rs256_token), later(4)) == 200);
  std::filesystem::remove(here / "keys.json");
  CHECK(status_of(door, with_token(rs256_token), later(6)) == 200);
  here.write("keys.json", key_set_without_ours());
  // Also one that is remembered.
  CHECK(status_of(door, with_token(rs256_token), later(8)) == 401);

  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"missing", {}}, {"empty", ""}, {"large", std::string(300'000, 'x')}}) {
    if (name != "missing")
      here.write(name, text);
    auto opened = keys_in_file::open(here / name, auth::algorithm::rs256);
    REQUIRE_FALSE(opened);
    CHECK_THAT(opened.error().message, ContainsSubstring(name));
  }
  CHECK_FALSE(keys_in_file::open(here.path(), auth::algorithm::rs256));
}

namespace {

/// An authorization server, as far as its keys go.
struct key_server {
  key_server() {
    net::http_options options;
    server = net::http_server::start(options, [this](const net::http_request&,
                                                     const net::http_answer& answer) {
               ++asked;
               std::lock_guard guard{mutex};
               if (is_silent)
                 kept.push_back(answer);
               else
                 answer.reply(response());
             }).value();
  }
  net::http_response response() const {
    net::http_response made;
    made.status = status;
    made.body = text;
    return made;
  }
  void answer_all() {
    std::lock_guard guard{mutex};
    is_silent = false;
    for (const auto& each : kept)
      each.reply(response());
    kept.clear();
  }
  void become(std::string new_text, unsigned new_status = 200) {
    std::lock_guard guard{mutex};
    text = std::move(new_text);
    status = new_status;
  }
  keys_at_url_options options() const {
    keys_at_url_options made;
    made.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/keys";
    made.times = {.fresh_for = 600s, .usable_for = 3600s, .pause = 30s};
    return made;
  }

  std::mutex mutex;
  std::string text{key_set_json};
  unsigned status = 200;
  bool is_silent = false;
  std::vector<net::http_answer> kept;
  std::atomic<int> asked{0};
  std::unique_ptr<net::http_server> server;
};

struct remote_gate {
  explicit remote_gate(const keys_at_url_options& options)
      : door(with_keys(keys_at_url::start(options, at().steady).value(), wanting({audience}))) {}

  /// The status in the end, as an endpoint would answer.
  unsigned status(const net::http_request& request, std::chrono::seconds later = {}) {
    for (;;) {
      auto said = door.check(request, at(vectors_moment, later));
      if (!std::holds_alternative<must_wait>(said))
        return status_of(said);
      std::promise<void> ready;
      auto refusal = door.when_ready([&ready] { ready.set_value(); });
      if (refusal)
        return refusal->status;
      wait_for(ready.get_future());
    }
  }

  gate door;
};

} // namespace

TEST_CASE("keys from a URL are fetched once, and requests wait for them") {
  key_server keys;
  keys.is_silent = true;
  remote_gate remote{keys.options()};
  auto request = with_token(rs256_token);
  CHECK(status_of(remote.door, request) == 0);
  CHECK(status_of(remote.door, request) == 0);
  // What needs no keys to be judged does not wait.
  CHECK(status_of(remote.door, request_with()) == 401);
  std::promise<void> ready;
  CHECK_FALSE(remote.door.when_ready([&] { ready.set_value(); }));
  REQUIRE(comes_true([&] { return keys.asked == 1; }));
  keys.answer_all();
  wait_for(ready.get_future());
  CHECK(status_of(remote.door, request) == 200);
  CHECK(remote.status(with_token(rsa_token("carol"))) == 200);
  CHECK(keys.asked == 1);
}

TEST_CASE("a key that is new is found, and made-up ones do not make us ask all the time") {
  key_server keys;
  keys.become(key_set_without_ours());
  remote_gate remote{keys.options()};
  CHECK(remote.status(with_token(rsa_token("alice", "rsa-9"))) == 200);
  CHECK(keys.asked == 1);
  keys.become(std::string{key_set_json});
  CHECK(remote.status(with_token(rs256_token), 10s) == 401); // just asked
  CHECK(keys.asked == 1);
  CHECK(remote.status(with_token(rs256_token), 31s) == 200);
  CHECK(keys.asked == 2);
  // And the one that was withdrawn is not good any more, though it was remembered.
  CHECK(remote.status(with_token(rsa_token("alice", "rsa-9")), 32s) == 401);
  for (auto i = 0; i < 50; ++i)
    CHECK(remote.status(with_token(rsa_token("alice", "rsa-" + std::to_string(100 + i))), 40s) ==
          401);
  CHECK(keys.asked == 2);
  CHECK(remote.status(with_token(rsa_token("alice", "rsa-200")), 62s) == 401);
  CHECK(keys.asked == 3);
  CHECK(remote.status(with_token(rs256_token), 63s) == 200);
}

TEST_CASE("while the server of the keys fails, the keys that there are serve for a time") {
  key_server keys;
  remote_gate remote{keys.options()};
  CHECK(remote.status(with_token(rs256_token)) == 200);
  keys.become("no keys", 500);
  CHECK(remote.status(with_token(rs256_token), 700s) ==
        200); // old, and asked for in the background
  REQUIRE(comes_true([&] { return keys.asked == 2; }));
  // Then they are too old, and nothing can be said.
  for (auto status : {200U, 500U}) {
    keys.become("no keys", status);
    auto later = status == 200 ? 2h : 3h;
    CHECK(remote.status(with_token(rs256_token), later) == 503);
  }
  auto response = refused(remote.door, with_token(rs256_token), at(vectors_moment, 3h));
  CHECK(header_of(response, "Retry-After") == "30");
  CHECK(challenge_of(response).empty());
  keys.become(std::string{key_set_json});
  CHECK(remote.status(with_token(rs256_token), 3h + 31s) == 200);
}

TEST_CASE("keys that come between two looks are not missed") {
  key_server keys;
  auto source = keys_at_url::start(keys.options(), at().steady).value();
  REQUIRE(comes_true([&] { return source->keys(at().steady).has_value(); }));
  CHECK(source->look_for_more(at().steady) == key_source::outlook::newer);
  CHECK(source->look(at().steady) == 1);
  CHECK(source->look_for_more(at().steady) == key_source::outlook::same);
}

TEST_CASE("only so many requests wait for keys, and not for ever") {
  key_server keys;
  keys.is_silent = true;
  auto options = keys.options();
  options.most_waiting = 2;
  options.timeout = 300ms;
  remote_gate remote{options};
  REQUIRE(status_of(remote.door, with_token(rs256_token)) == 0);
  std::promise<void> first;
  std::promise<void> second;
  CHECK_FALSE(remote.door.when_ready([&] { first.set_value(); }));
  CHECK_FALSE(remote.door.when_ready([&] { second.set_value(); }));
  auto refusal = remote.door.when_ready([] {});
  REQUIRE(refusal);
  CHECK(refusal->status == 503);
  CHECK(header_of(*refusal, "Retry-After") == "1");
  wait_for(first.get_future());
  wait_for(second.get_future());
  CHECK(status_of(remote.door, with_token(rs256_token)) == 503);
  keys.answer_all();
}

TEST_CASE("a gate that goes calls nobody who still waits") {
  key_server keys;
  keys.is_silent = true;
  std::atomic<int> called{0};
  {
    remote_gate remote{keys.options()};
    REQUIRE(status_of(remote.door, with_token(rs256_token)) == 0);
    CHECK_FALSE(remote.door.when_ready([&] { ++called; }));
    REQUIRE(comes_true([&] { return keys.asked == 1; }));
  }
  CHECK(called == 0);
  keys.answer_all();
}

// -- what is written down -------------------------------------------------------------------------

namespace {

std::vector<json> lines_of(const std::filesystem::path& file) {
  std::vector<json> all;
  std::istringstream text{content_of(file)};
  for (std::string line; std::getline(text, line);)
    all.push_back(json::parse(line));
  return all;
}

} // namespace

TEST_CASE("calls are written down without secrets") {
  scratch here;
  {
    auto audit = audit_log::open(here / "audit.log", 0).value();
    audit->tool_called(
        {"alice", auth::scope::execute, "jwt"}, "pool_execute",
        {{"prompt", "echo hello"},
         {"api_key", "k-123"},
         {"OPENAI_Token", "t-123"},
         {"nested", {{"Password", "p-123"}, {"list", {{{"client_secret", {1, 2}}}}}}},
         {"header", "Bearer b-123"},
         {"long", std::string(10'000, 'x')}},
        call_result::success);
    audit->tool_called({}, "pool_close", {{"pool_id", "p"}}, call_result::failure, "no such pool");
    audit->tool_called({"eve", auth::scope::read, "jwt"}, "pool_close\n{}", json::object(),
                       call_result::denied, "not allowed");
    CHECK(audit->lost() == 0);
  }
  CHECK(std::filesystem::status(here / "audit.log").permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  auto text = here.read("audit.log");
  CHECK(text.find("-123") == std::string::npos);
  auto lines = lines_of(here / "audit.log");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["event_type"] == "tool_access");
  CHECK(lines[0]["user_id"] == "alice");
  CHECK(lines[0]["tool_name"] == "pool_execute");
  CHECK(lines[0]["result"] == "success");
  CHECK(lines[0]["error"].is_null());
  CHECK(lines[0]["timestamp"].get<std::string>().ends_with("Z"));
  const auto& params = lines[0]["params"];
  CHECK(params["prompt"] == "echo hello");
  CHECK(params["api_key"] == "[redacted]");
  CHECK(params["nested"]["Password"] == "[redacted]");
  CHECK(params["nested"]["list"][0]["client_secret"] == "[redacted]");
  CHECK(params["header"] == "[redacted]");
  CHECK(params["long"].get<std::string>().size() < 1000);
  CHECK(lines[1]["event_type"] == "tool_execution_error");
  CHECK(lines[1]["user_id"].is_null());
  CHECK(lines[1]["error"] == "no such pool");
  CHECK(lines[2]["event_type"] == "auth_denied");
  CHECK(lines[2]["tool_name"] == "pool_close\n{}");
}

TEST_CASE("whom the gate refuses is written down, and not without end") {
  scratch here;
  auto options = with_secret();
  options.audit = audit_log::open(here / "audit.log", 0).value();
  options.limits = {.per_minute = 1, .burst = 1};
  {
    gate door{std::move(options)};
    auto bad = with_token("not.a.token-777");
    CHECK(status_of(door, bad) == 401);
    CHECK(status_of(door, with_token(plain_token)) == 200);
    CHECK(status_of(door, with_token(plain_token)) == 429);
    auto foreign = with_token(plain_token);
    foreign.headers.back().second = "evil.example";
    CHECK(status_of(door, foreign) == 403);
    for (auto i = 0; i < 5000; ++i)
      CHECK(status_of(door, bad) == 401);
  }
  auto lines = lines_of(here / "audit.log");
  CHECK(lines.size() < 1000);
  REQUIRE(lines.size() > 3);
  CHECK(lines[0]["event_type"] == "auth_failure");
  CHECK(lines[0]["http_status"] == 401);
  CHECK_THAT(lines[0]["peer"].get<std::string>(), ContainsSubstring("127.0.0.1:40000"));
  CHECK(lines[1]["event_type"] == "rate_limited");
  CHECK(lines[1]["user_id"] == "bob");
  CHECK(lines[2]["event_type"] == "auth_denied");
  CHECK(here.read("audit.log").find("token-777") == std::string::npos);
}

TEST_CASE("arguments without end are written down as far as they say anything") {
  json deep = 1;
  for (auto i = 0; i < 100; ++i)
    deep = json{{"a", deep}};
  CHECK(to_text(without_secrets(deep)).size() < 200);
  json wide = json::array();
  for (auto i = 0; i < 10'000; ++i)
    wide.push_back(std::string(400, 'x'));
  CHECK(to_text(without_secrets({{"all", wide}})).size() < 10'000);
  json many = json::object();
  for (auto i = 0; i < 10'000; ++i)
    many[std::to_string(i)] = i;
  CHECK(without_secrets(many).size() == 51);
  CHECK(without_secrets(json("\xFFtext")).is_string());
}
