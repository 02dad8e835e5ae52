// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "tokens.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;

namespace {

constexpr std::string_view subscription_secret = "another secret, for subscriptions only";

token_checker subscription_checker(std::string_view with = subscription_secret) {
  checker_options options;
  options.for_subscriptions = true;
  return checker_of(key_set::of_secret(with), options);
}

token_gate both() {
  return {subscription_checker(), secret_checker()};
}

std::string subscription_token_with(std::string_view more,
                                    std::string_view with = subscription_secret) {
  return signed_token(hs256_header, payload_with(more), with);
}

/// How it got in and what it may do, or why not.
std::string entry(const token_gate& gate, std::string_view token) {
  auto checked = gate.check(token, vectors_moment);
  if (!checked)
    return outcome(checked);
  return std::string{to_string(checked->method)} + ": " + checked->scopes.text();
}

} // namespace

TEST_CASE("tokens of subscriptions and others get in, each with its own secret") {
  CHECK(entry(both(), subscription_token_with(R"("subscription_type":"claude_code")")) ==
        "claude_subscription: read execute");
  CHECK(entry(both(), subscription_token_with(R"("subscription_type":"codex")")) ==
        "codex_subscription: read execute");
  CHECK(
      entry(both(), subscription_token_with(R"("subscription_type":"codex","scopes":["read"])")) ==
      "codex_subscription: read");
  CHECK(entry(both(), token_with(good_payload)) == "jwt: read write execute");
}

TEST_CASE("a subscription is one that is known") {
  CHECK(entry(both(), subscription_token_with(R"("subscription_type":"qwen_free")")) ==
        "malformed");
  CHECK(entry(both(), subscription_token_with(R"("subscription_type":"")")) == "malformed");
  CHECK(entry(both(), subscription_token_with(R"("subscription_type":["codex"])")) == "malformed");
}

TEST_CASE("the secret of subscriptions makes no other tokens") {
  CHECK(entry(both(), subscription_token_with(R"("scopes":["admin"])")) == "bad_signature");
}

TEST_CASE("a token of a subscription that was signed with the other secret is none") {
  auto token = subscription_token_with(R"("subscription_type":"codex")", secret);
  CHECK(entry(both(), token) == "jwt: read execute");
}

TEST_CASE("a token of a subscription that has expired gets the reason for that") {
  auto token =
      signed_token(hs256_header, R"({"sub":"a","subscription_type":"codex","exp":1799999999})",
                   subscription_secret);
  CHECK(entry(both(), token) == "expired");
}

TEST_CASE("one secret for both kinds of tokens takes nothing from either") {
  token_gate gate{subscription_checker(secret), secret_checker()};
  CHECK(entry(gate, token_with(good_payload)) == "jwt: read write execute");
  CHECK(entry(gate, subscription_token_with(R"("subscription_type":"codex")", secret)) ==
        "codex_subscription: read execute");
  CHECK(entry(gate, subscription_token_with(R"("subscription_type":"mine")", secret)) ==
        "malformed");
}

TEST_CASE("either kind of tokens can be left out, and without both nobody gets in") {
  auto subscribed = subscription_token_with(R"("subscription_type":"codex")");
  auto other = token_with(good_payload);
  token_gate first{subscription_checker(), std::nullopt};
  CHECK(entry(first, subscribed) == "codex_subscription: read execute");
  CHECK(entry(first, other) == "bad_signature");
  token_gate second{std::nullopt, secret_checker()};
  CHECK(entry(second, subscribed) == "bad_signature");
  CHECK(entry(second, other) == "jwt: read write execute");
  token_gate none{std::nullopt, std::nullopt};
  CHECK(entry(none, other) == "bad_signature");
}

TEST_CASE("tokens of subscriptions have a secret beside public keys for others") {
  checker_options options;
  options.audiences = {"https://server.example/mcp"};
  token_gate gate{subscription_checker(),
                  checker_of(key_set::of_jwks(key_set_json, algorithm::rs256), options)};
  CHECK(entry(gate, rs256_token) == "jwt: read execute");
  CHECK(entry(gate, subscription_token_with(R"("subscription_type":"codex")")) ==
        "codex_subscription: read execute");
  CHECK(entry(gate, signed_token(hs256_header, good_payload, rsa_public)) == "wrong_algorithm");
}
