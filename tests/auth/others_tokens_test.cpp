// SPDX-License-Identifier: MIT
// Tokens that others have made: PyJWT (see make_vectors.py), and RFC 7515.
#include "support/catch.hpp"
#include "tokens.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;

namespace {

const std::string server{"https://server.example/mcp"};

checker_options for_server() {
  checker_options options;
  options.issuer = "https://issuer.example";
  options.audiences = {server};
  return options;
}

void check_claims(const token_result<token_claims>& checked) {
  REQUIRE(outcome(checked) == "valid");
  CHECK(checked->subject == "alice");
  CHECK(checked->user_id == "alice");
  CHECK(checked->issuer == "https://issuer.example");
  CHECK(checked->audience == std::vector{server});
  CHECK(checked->token_id == "token-1");
  CHECK(checked->scopes.text() == "read execute"); // and openid, which means nothing here
  CHECK(checked->method == token_method::jwt);
  CHECK(checked->expires_at.time_since_epoch().count() == vectors_now + 3600);
  REQUIRE(checked->issued_at);
  CHECK(checked->issued_at->time_since_epoch().count() == vectors_now - 60);
  REQUIRE(checked->not_before);
  CHECK(checked->not_before->time_since_epoch().count() == vectors_now - 60);
}

} // namespace

TEST_CASE("tokens of PyJWT are read") {
  check_claims(secret_checker(for_server()).check(hs256_token, vectors_moment));
  check_claims(checker_of(key_set::of_pem(rsa_public, algorithm::rs256), for_server())
                   .check(rs256_token, vectors_moment));
  check_claims(checker_of(key_set::of_pem(ec_public, algorithm::es256), for_server())
                   .check(es256_token, vectors_moment));
}

TEST_CASE("tokens of PyJWT are read with keys of a JWKS, with names and without") {
  for (auto text : {key_set_json, nameless_key_set_json}) {
    check_claims(checker_of(key_set::of_jwks(text, algorithm::rs256), for_server())
                     .check(rs256_token, vectors_moment));
    check_claims(checker_of(key_set::of_jwks(text, algorithm::es256), for_server())
                     .check(es256_token, vectors_moment));
  }
}

TEST_CASE("tokens of PyJWT are refused with keys of others") {
  CHECK(outcome(checker_of(key_set::of_pem(other_rsa_public, algorithm::rs256), for_server())
                    .check(rs256_token, vectors_moment)) == "bad_signature");
  CHECK(outcome(checker_of(key_set::of_pem(other_ec_public, algorithm::es256), for_server())
                    .check(es256_token, vectors_moment)) == "bad_signature");
  CHECK(outcome(checker_of(key_set::of_secret("another secret, of more than 32 characters"))
                    .check(hs256_token, vectors_moment)) == "bad_signature");
}

TEST_CASE("the tokens of the predecessor are read") {
  auto plain = secret_checker().check(plain_token, vectors_moment);
  REQUIRE(outcome(plain) == "valid");
  CHECK(plain->subject == "bob");
  CHECK(plain->user_id == "bob");
  CHECK(plain->scopes.text() == "read write execute");

  auto roles = secret_checker().check(roles_token, vectors_moment);
  REQUIRE(outcome(roles) == "valid");
  CHECK(roles->user_id == "carol");
  CHECK(roles->scopes.text() == "read execute");

  checker_options options;
  options.for_subscriptions = true;
  auto subscribed = secret_checker(options).check(subscription_token, vectors_moment);
  REQUIRE(outcome(subscribed) == "valid");
  CHECK(subscribed->user_id == "dave");
  CHECK(subscribed->subscription_type == subscription::claude_code);
  CHECK(subscribed->method == token_method::claude_subscription);
  CHECK(subscribed->scopes.text() == "read execute");
}

// These say nothing of a user. That this is what is wrong with them says that the signature was
// good: a claim is not looked at before.

TEST_CASE("the token of RFC 7515, appendix A.1, has a good signature") {
  auto key = from_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(key);
  auto checker = checker_of(key_set::of_secret(*key));
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
      "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  CHECK(outcome(checker.check(token, moment(1300819379))) == "missing_claim");
  CHECK(outcome(checker.check(token, moment(1300819380))) == "expired");
  CHECK(outcome_of(token) == "bad_signature");
}

TEST_CASE("the token of RFC 7515, appendix A.3, has a good signature") {
  auto checker = checker_of(key_set::of_jwks(
      R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})",
      algorithm::es256));
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
      "LmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlS"
      "ApmWQxfKTUJqPP3-Kg6NU1Q";
  CHECK(outcome(checker.check(token, moment(1300819379))) == "missing_claim");
  CHECK(outcome(checker.check(token, moment(1300819380))) == "expired");
}
