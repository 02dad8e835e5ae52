// SPDX-License-Identifier: MIT
#include "app/mcp_gate.hpp"
#include "auth/tokens.hpp"
#include "config/workspace.hpp"
#include "mahavishnu/auth/jwt.hpp"
#include "mahavishnu/auth/token_maker.hpp"
#include "support/catch.hpp"
#include "support/events.hpp"

#include <unistd.h>

using namespace mahavishnu;
using namespace mahavishnu::test;
namespace server = mahavishnu::mcp::server;

namespace {

constexpr auto url = "http://127.0.0.1:8680/mcp";

/// Settings of a server, and the directory in which it runs.
struct some_settings : workspace {
  explicit some_settings(const std::string& yaml) : all(read(yaml)) {}
  result<std::unique_ptr<server::gate>> gate() const { return make_mcp_gate(all, url, nullptr); }
  std::string problem() const {
    auto made = gate();
    return made ? "none" : made.error().message;
  }

  config::settings all;

private:
  config::settings read(const std::string& yaml) const {
    write("settings/mahavishnu.yaml", yaml);
    auto loaded = load();
    INFO(text_of(loaded.problems));
    REQUIRE(loaded.settings);
    return *std::move(loaded.settings);
  }
};

std::string problem_with(const std::string& auth) {
  return some_settings{"auth: {enabled: true, " + auth + "}\n"}.problem();
}

net::http_request request_of(const std::string& token = {}, std::string host = "localhost") {
  net::http_request made;
  made.method = "POST";
  made.target = "/mcp";
  made.headers = {{"host", std::move(host)}};
  if (!token.empty())
    made.headers.emplace_back("authorization", "Bearer " + token);
  made.peer = {"127.0.0.1", 40'000, true, ::geteuid()};
  return made;
}

unsigned status_of(server::gate& door, const net::http_request& request) {
  auto said = door.check(request);
  const auto* response = std::get_if<net::http_response>(&said);
  return response ? response->status : 200;
}

const auto good_secret = "secret: \"" + std::string{secret} + "\"";

} // namespace

TEST_CASE("by default only the own user is let in, and with auth who has a token") {
  some_settings open{"mcp: {allowed_hosts: [build.example]}\n"};
  auto door = open.gate().value();
  CHECK(status_of(*door, request_of()) == 200);
  CHECK(status_of(*door, request_of({}, "build.example:8680")) == 200);
  CHECK(status_of(*door, request_of({}, "other.example")) == 403);
  auto other = request_of();
  other.peer.user = ::geteuid() + 1;
  CHECK(status_of(*door, other) == 403);

  some_settings closed{"auth: {enabled: true, " + good_secret + "}\nmcp: {host: 0.0.0.0}\n"};
  door = closed.gate().value();
  CHECK(status_of(*door, request_of()) == 401);
  CHECK(status_of(*door, request_of({}, "0.0.0.0")) == 403);
  auto token = auth::create_jwt_token("alice", secret).value();
  CHECK(status_of(*door, request_of(token)) == 200);
  other = request_of(token);
  other.peer.user = ::geteuid() + 1;
  CHECK(status_of(*door, other) == 200);
}

TEST_CASE("limits of a caller come from the settings") {
  some_settings few{"mcp: {rate_limit_per_minute: 1, rate_limit_burst: 2}\n"};
  auto door = few.gate().value();
  CHECK(status_of(*door, request_of()) == 200);
  CHECK(status_of(*door, request_of()) == 200);
  CHECK(status_of(*door, request_of()) == 429);

  some_settings one{"mcp: {max_requests_per_caller: 1}\n"};
  door = one.gate().value();
  auto held = door->check(request_of());
  CHECK(status_of(*door, request_of()) == 429);
}

TEST_CASE("keys that cannot be used are refused before the server starts") {
  CHECK_THAT(problem_with(good_secret + ", algorithm: RS256, public_key: keys.pem"),
             ContainsSubstring("auth.secret is set, but auth.algorithm is RS256"));
  CHECK_THAT(problem_with(good_secret + ", public_key: keys.pem"),
             ContainsSubstring("auth.algorithm is HS256"));
  CHECK_THAT(problem_with(good_secret + ", jwks_url: https://issuer.example/keys"),
             ContainsSubstring("auth.algorithm is HS256"));
  CHECK_THAT(problem_with("algorithm: RS256, public_key: nowhere.pem"),
             ContainsSubstring("nowhere.pem") && ContainsSubstring("cannot be read"));
  CHECK_THAT(problem_with("algorithm: RS256, public_key: a, jwks_url: https://issuer.example/keys"),
             ContainsSubstring("only one of them"));
  CHECK_THAT(problem_with("algorithm: RS256, jwks_url: http://issuer.example/keys"),
             ContainsSubstring("use https"));
  CHECK_THAT(problem_with("algorithm: ES256, jwks_url: nonsense"),
             ContainsSubstring("auth.jwks_url"));
  CHECK_THAT(problem_with(good_secret + ", authorization_servers: [http://issuer.example]"),
             ContainsSubstring("auth.authorization_servers"));
  CHECK_THAT(problem_with(good_secret + ", resource: nonsense"),
             ContainsSubstring("auth.resource"));
  for (const auto* wrong :
       {"http://build.example", "build.example:8680", "\"*\"", "\"[::1]:8680\""}) {
    some_settings hosts{"mcp: {allowed_hosts: [" + std::string{wrong} + "]}\n"};
    CHECK_THAT(hosts.problem(), ContainsSubstring("mcp.allowed_hosts"));
  }
  workspace here;
  here.write("rsa.pem", rsa_public);
  here.write("private.pem", rsa_private);
  auto file = [&](const std::string& name, const std::string& algorithm) {
    return problem_with("algorithm: " + algorithm + ", public_key: " + (here / name).string());
  };
  CHECK(file("rsa.pem", "RS256") == "none");
  CHECK_THAT(file("rsa.pem", "ES256"), ContainsSubstring("rsa.pem"));
  CHECK_THAT(file("private.pem", "RS256"), ContainsSubstring("private.pem"));
}

TEST_CASE("clients are told where to get tokens, and under which name the server is known") {
  some_settings settings{"auth: {enabled: true, " + good_secret +
                         ", authorization_servers: [https://issuer.example], resource: "
                         "https://build.example/mcp}\n"};
  auto door = settings.gate().value();
  auto request = request_of({}, "build.example");
  request.method = "GET";
  request.target = "/.well-known/oauth-protected-resource/mcp";
  auto document = door->open_document(request);
  REQUIRE(document);
  CHECK_THAT(document->body, ContainsSubstring("\"resource\":\"https://build.example/mcp\""));
  CHECK(status_of(*door, request_of({}, "build.example")) == 401);
}

TEST_CASE("tokens that we make with a named key are found in a key set with names") {
  workspace here;
  here.write("keys.json", key_set_json);
  auto maker =
      auth::token_maker::with_private_key(rsa_private, auth::algorithm::rs256, "rsa-1").value();
  auth::token_wish wish;
  wish.user_id = "alice";
  auto token = maker.make(wish, std::chrono::system_clock::now()).value();
  some_settings settings{"auth: {enabled: true, algorithm: RS256, public_key: " +
                         (here / "keys.json").string() + "}\n"};
  auto door = settings.gate().value();
  CHECK(status_of(*door, request_of(token)) == 200);
}

TEST_CASE("the audit log is where the settings say, and nowhere when nobody asked for it") {
  workspace here;
  auto file_of = [&](const std::string& auth) {
    some_settings settings{"auth: {" + auth + "}\n"};
    auto opened = open_audit_log(settings.all, here.path());
    REQUIRE(opened);
    return *opened != nullptr;
  };
  CHECK_FALSE(file_of("enabled: false"));
  CHECK_FALSE(std::filesystem::exists(here / "audit.log"));
  CHECK(file_of("enabled: true, " + good_secret));
  CHECK(std::filesystem::exists(here / "audit.log"));
  CHECK_FALSE(file_of("enabled: true, audit_log: off, " + good_secret));
  CHECK(file_of("audit_log: " + (here / "other.log").string()));
  CHECK(std::filesystem::exists(here / "other.log"));
  some_settings wrong{"auth: {audit_log: /nowhere/audit.log}\n"};
  auto opened = open_audit_log(wrong.all, here.path());
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message, ContainsSubstring("auth.audit_log"));
}
