// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/token_maker.hpp"
#include "support/catch.hpp"
#include "tokens.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

token_wish for_alice() {
  token_wish wish;
  wish.user_id = "alice";
  return wish;
}

token_maker secret_maker() {
  return token_maker::with_secret(secret).value();
}

std::string part(const std::string& token, int which) {
  auto first = token.find('.');
  auto second = token.rfind('.');
  return from_base64url(which == 0 ? token.substr(0, first)
                                   : token.substr(first + 1, second - first - 1))
      .value();
}

} // namespace

TEST_CASE("a token says what was wished for, and is accepted") {
  auto wish = for_alice();
  wish.scopes = scope_set{scope::write};
  wish.issuer = "us";
  wish.audience = {"them", "those"};
  wish.token_id = "7";
  wish.lifetime = 10s;
  wish.not_before = token_time{std::chrono::seconds{vectors_now + 1}};
  auto token = secret_maker().make(wish, vectors_moment + 900ms).value();
  CHECK(part(token, 0) == R"({"alg":"HS256","typ":"JWT"})");
  CHECK(part(token, 1) ==
        R"({"sub":"alice","user_id":"alice","scopes":["write"],"iss":"us","aud":["them","those"],)"
        R"("jti":"7","iat":1800000000,"nbf":1800000001,"exp":1800000010})");
  checker_options options;
  options.audiences = {"those"};
  CHECK(outcome(secret_checker(options).check(token, vectors_moment)) == "not_yet_valid");
  auto checked = secret_checker(options).check(token, vectors_moment + 9s);
  REQUIRE(outcome(checked) == "valid");
  CHECK(checked->scopes == scope_set{scope::write});
  CHECK(outcome(secret_checker(options).check(token, vectors_moment + 10s)) == "expired");
}

TEST_CASE("a token says nothing of what nobody wished for") {
  auto token = secret_maker().make(for_alice(), vectors_moment).value();
  CHECK(part(token, 1) == R"({"sub":"alice","user_id":"alice","iat":1800000000,"exp":1800003600})");
  CHECK(outcome_of(token) == "valid");
}

TEST_CASE("a token of a subscription says which") {
  auto wish = for_alice();
  wish.subscription_type = subscription::claude_code;
  auto token = secret_maker().make(wish, vectors_moment).value();
  checker_options options;
  options.for_subscriptions = true;
  auto checked = secret_checker(options).check(token, vectors_moment);
  REQUIRE(outcome(checked) == "valid");
  CHECK(checked->method == token_method::claude_subscription);
}

TEST_CASE("tokens are signed with private keys, and name them") {
  struct pair {
    algorithm how;
    std::string_view private_key, public_key;
    const char* id;
  };
  for (const auto& each : {pair{algorithm::rs256, rsa_private, rsa_public, "rsa-1"},
                           pair{algorithm::es256, ec_private, ec_public, "ec-1"}}) {
    auto maker = token_maker::with_private_key(each.private_key, each.how, each.id).value();
    CHECK(maker.signs_with() == each.how);
    auto by_name = checker_of(key_set::of_jwks(key_set_json, each.how));
    auto by_key = checker_of(key_set::of_pem(each.public_key, each.how));
    // Of the numbers of ES256, one in 256 begins with a zero.
    for (int i = 0; i < 300; ++i) {
      auto token = maker.make(for_alice(), vectors_moment - std::chrono::seconds{i}).value();
      CHECK(outcome(by_name.check(token, vectors_moment)) == "valid");
      CHECK(outcome(by_key.check(token, vectors_moment)) == "valid");
      if (each.how == algorithm::rs256 && i == 10)
        break;
    }
  }
}

TEST_CASE("keys that cannot sign are refused") {
  CHECK_FALSE(token_maker::with_secret("short").has_value());
  CHECK_FALSE(token_maker::with_secret(rsa_private).has_value());
  CHECK_FALSE(token_maker::with_private_key(rsa_public, algorithm::rs256).has_value());
  CHECK_FALSE(token_maker::with_private_key(rsa_private, algorithm::es256).has_value());
  CHECK_FALSE(token_maker::with_private_key(ec_private, algorithm::rs256).has_value());
  CHECK_FALSE(token_maker::with_private_key(rsa_private, algorithm::hs256).has_value());
  CHECK_FALSE(token_maker::with_private_key("", algorithm::rs256).has_value());
}

TEST_CASE("a private key with a password is refused without asking for it") {
  auto made = token_maker::with_private_key(encrypted_private, algorithm::es256);
  REQUIRE_FALSE(made.has_value());
  CHECK_THAT(made.error().message, ContainsSubstring("password"));
}

TEST_CASE("tokens that make no sense are not made") {
  auto refused = [](auto change) {
    auto wish = for_alice();
    change(wish);
    return !secret_maker().make(wish, vectors_moment);
  };
  CHECK(refused([](token_wish& wish) { wish.user_id.clear(); }));
  CHECK(refused([](token_wish& wish) { wish.user_id = "a\nb"; }));
  CHECK(refused([](token_wish& wish) { wish.user_id = "\xFF"; }));
  CHECK(refused([](token_wish& wish) { wish.user_id = std::string(2000, 'a'); }));
  CHECK(refused([](token_wish& wish) { wish.issuer = "\x7F"; }));
  CHECK(refused([](token_wish& wish) { wish.audience = {""}; }));
  CHECK(refused([](token_wish& wish) { wish.lifetime = 0s; }));
  CHECK(refused([](token_wish& wish) { wish.lifetime = -1s; }));
  CHECK(refused([](token_wish& wish) { wish.lifetime = std::chrono::seconds::max(); }));
  CHECK(refused([](token_wish& wish) { wish.audience.assign(10, std::string(1000, 'a')); }));
}
