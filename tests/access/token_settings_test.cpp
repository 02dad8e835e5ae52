// SPDX-License-Identifier: MIT
#include "access/token_settings.hpp"
#include "auth/tokens.hpp"
#include "config/workspace.hpp"
#include "support/catch.hpp"

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

config::settings settings_with(const std::string& auth) {
  workspace here;
  here.write("settings/mahavishnu.yaml", "auth: {" + auth + "}\n");
  auto loaded = here.load();
  INFO(text_of(loaded.problems));
  REQUIRE(loaded.settings);
  return *std::move(loaded.settings);
}

const auto with_secret = "secret: \"" + std::string{secret} + "\"";

} // namespace

TEST_CASE("what is said of tokens is what they are checked for") {
  auto wanted =
      access::wanted_of(settings_with("issuer: us, audience: here, leeway_seconds: 7, algorithm: "
                                      "ES256"));
  CHECK(wanted.issuer == "us");
  CHECK(wanted.audiences == std::vector<std::string>{"here"});
  CHECK(wanted.leeway == std::chrono::seconds{7});
  CHECK(wanted.scopes_without_claim == auth::scope_set{});
  CHECK_FALSE(wanted.trusts_roles);
  CHECK(access::wanted_of(settings_with("algorithm: RS256, trust_roles: true")).trusts_roles);
  auto own = access::wanted_of(settings_with("leeway_seconds: 0"));
  CHECK(own.trusts_roles);
  CHECK_FALSE(own.scopes_without_claim);
}

TEST_CASE("tokens of an authorization server have to be for this server") {
  const std::string resource = "https://server.example/mcp";
  const std::string servers = "authorization_servers: [https://issuer.example], ";
  auto audiences = [&](const std::string& auth) {
    return access::wanted_of(settings_with(auth), resource).audiences;
  };
  CHECK(audiences(servers + "algorithm: RS256") == std::vector{resource});
  CHECK(audiences(servers + "algorithm: RS256, audience: us") == std::vector<std::string>{"us"});
  CHECK(audiences("algorithm: RS256").empty());
  // Those that we make ourselves say nothing of it.
  CHECK(audiences(servers + "algorithm: HS256").empty());
}

TEST_CASE("a token is judged as the settings say") {
  auto checked = [](const std::string& auth, std::string_view token) {
    return outcome(access::token_gate_of(settings_with(auth)).value().check(token, vectors_moment));
  };
  CHECK(checked(with_secret, plain_token) == "valid");
  CHECK(checked(with_secret + ", audience: https://server.example/mcp", hs256_token) == "valid");
  CHECK(checked(with_secret, hs256_token) == "wrong_audience");

  auto why = [](const std::string& auth) {
    auto made = access::token_gate_of(settings_with(auth));
    return made ? "none" : made.error().message;
  };
  CHECK_THAT(why("algorithm: HS256"), ContainsSubstring("mahavishnu auth secret"));
  CHECK_THAT(why("algorithm: RS256, public_key: nowhere.pem"), ContainsSubstring("cannot be read"));
  CHECK_THAT(why("algorithm: RS256, jwks_url: https://issuer.example/keys"),
             ContainsSubstring("save them to a file"));
}
