// SPDX-License-Identifier: MIT
// What a token says that is signed as it has to be.
#include "support/catch.hpp"
#include "tokens.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

namespace {

std::string outcome_at(std::string_view payload, std::chrono::system_clock::time_point now,
                       std::chrono::seconds leeway = 0s) {
  checker_options options;
  options.leeway = leeway;
  return outcome(secret_checker(options).check(token_with(payload), now));
}

std::string outcome_with(std::string_view more, checker_options options = {}) {
  return outcome_of(token_with(payload_with(more)), std::move(options));
}

std::string scopes_with(std::string_view more, checker_options options = {}) {
  auto checked =
      secret_checker(std::move(options)).check(token_with(payload_with(more)), vectors_moment);
  return checked ? checked->scopes.text() : outcome(checked);
}

checker_options for_audience(std::vector<std::string> audiences) {
  checker_options options;
  options.audiences = std::move(audiences);
  return options;
}

} // namespace

TEST_CASE("a token is valid until the second in which it expires") {
  constexpr auto payload = R"({"sub":"alice","exp":1000})";
  CHECK(outcome_at(payload, moment(999)) == "valid");
  CHECK(outcome_at(payload, moment(1000) - 1ns) == "valid");
  CHECK(outcome_at(payload, moment(1000)) == "expired");
  CHECK(outcome_at(payload, moment(1001)) == "expired");
  CHECK(outcome_at(payload, moment(1004), 5s) == "valid");
  CHECK(outcome_at(payload, moment(1005), 5s) == "expired");
}

TEST_CASE("a token is not valid before it says so") {
  constexpr auto payload = R"({"sub":"alice","exp":2000,"nbf":1000})";
  CHECK(outcome_at(payload, moment(999)) == "not_yet_valid");
  CHECK(outcome_at(payload, moment(1000) - 1ns) == "not_yet_valid");
  CHECK(outcome_at(payload, moment(1000)) == "valid");
  CHECK(outcome_at(payload, moment(995), 5s) == "valid");
  CHECK(outcome_at(payload, moment(994), 5s) == "not_yet_valid");
}

TEST_CASE("a token from the future is refused") {
  constexpr auto payload = R"({"sub":"alice","exp":2000,"iat":1001})";
  CHECK(outcome_at(payload, moment(1000)) == "not_yet_valid");
  CHECK(outcome_at(payload, moment(1001)) == "valid");
  CHECK(outcome_at(payload, moment(1000), 1s) == "valid");
}

TEST_CASE("a token that never expires is refused") {
  CHECK(outcome_of(token_with(R"({"sub":"alice"})")) == "missing_claim");
  CHECK(outcome_of(token_with(R"({"sub":"alice","exp":null})")) == "malformed");
}

TEST_CASE("times that are not whole seconds of this era are refused") {
  for (std::string number : {"1800003600.0",
                             "1800003600.5",
                             "1.8e9",
                             "1e400",
                             "-1",
                             "-0",
                             "253402300800",
                             "9223372036854775807",
                             "9223372036854775808",
                             "18446744073709551615",
                             "18446744073709551616",
                             "99999999999999999999999999",
                             "\"1800003600\"",
                             "true",
                             "[]",
                             "{}",
                             "0x7fffffff",
                             "01800003600",
                             "NaN",
                             "Infinity"}) {
    CHECK(outcome_of(token_with(R"({"sub":"alice","exp":)" + number + "}")) == "malformed");
    CHECK(outcome_with("\"nbf\":" + number) == "malformed");
    CHECK(outcome_with("\"iat\":" + number) == "malformed");
  }
  CHECK(outcome_of(token_with(R"({"sub":"alice","exp":253402300799})")) == "valid");
  CHECK(outcome_of(token_with(R"({"sub":"alice","exp":0})")) == "expired");
  // Of other claims nothing is expected.
  CHECK(outcome_with(R"("height":1.75,"big":18446744073709551616)") == "valid");
}

TEST_CASE("a payload that is no JSON object, or says something twice, is refused") {
  for (std::string_view payload :
       {"", "null", "[]", "\"x\"", "1", "{", "{}{}", "\xEF\xBB\xBF{}",
        R"({"sub":"alice","exp":1800003600,"exp":1900003600})",
        R"({"sub":"alice","sub":"root","exp":1800003600})",
        R"({"sub":"alice","\u0073ub":"root","exp":1800003600})",
        R"({"sub":"alice","exp":1800003600,"x":{"a":1,"a":2}})",
        R"({"sub":"alice","exp":1800003600,"x":[{"a":1,"a":2}]})",
        R"({"sub":"alice","exp":1800003600} x)", "{\"sub\":\"\xFF\",\"exp\":1800003600}"})
    CHECK(outcome_of(token_with(payload)) == "malformed");
  CHECK(outcome_with(R"("x":{"a":1},"y":{"a":1},"z":[{"a":1},{"a":1}])") == "valid");
}

TEST_CASE("a payload may nest a little") {
  auto nested = [](std::size_t depth) {
    return "\"x\":" + std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(outcome_with(nested(7)) == "valid");
  CHECK(outcome_with(nested(8)) == "malformed");
  CHECK(outcome_with(nested(2500)) == "malformed");
  CHECK(outcome_of(token_with(std::string(6000, '['))) == "malformed");
}

TEST_CASE("a token has to say whose it is, as sub or as user_id") {
  auto user_of = [](std::string_view payload) {
    auto checked = secret_checker().check(token_with(payload), vectors_moment);
    return checked ? checked->subject + "/" + checked->user_id : outcome(checked);
  };
  CHECK(user_of(R"({"sub":"alice","exp":1800003600})") == "alice/alice");
  CHECK(user_of(R"({"user_id":"alice","exp":1800003600})") == "alice/alice");
  CHECK(user_of(R"({"sub":"1234","user_id":"alice","exp":1800003600})") == "1234/alice");
  CHECK(user_of(R"({"exp":1800003600})") == "missing_claim");
  CHECK(user_of(R"({"sub":"","user_id":"","exp":1800003600})") == "missing_claim");
  CHECK(user_of(R"({"sub":7,"exp":1800003600})") == "malformed");
  CHECK(user_of(R"({"sub":null,"user_id":"alice","exp":1800003600})") == "malformed");
  // What goes into a log line has no lines of its own.
  CHECK(user_of(R"({"sub":"alice\nroot","exp":1800003600})") == "malformed");
  CHECK(user_of(R"({"sub":"alice\u0000","exp":1800003600})") == "malformed");
  CHECK(user_of(R"({"sub":")" + std::string(1025, 'a') + R"(","exp":1800003600})") == "malformed");
}

TEST_CASE("a token is refused that is for somebody else") {
  CHECK(outcome_with(R"("aud":"us")", for_audience({"us"})) == "valid");
  CHECK(outcome_with(R"("aud":["them","us"])", for_audience({"us"})) == "valid");
  CHECK(outcome_with(R"("aud":"us")", for_audience({"also us", "us"})) == "valid");
  CHECK(outcome_with(R"("aud":"them")", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":["them","those"])", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":"them us")", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":"US")", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":"us/")", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":[])", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("aud":"")", for_audience({"us"})) == "wrong_audience");
  CHECK(outcome_with(R"("x":1)", for_audience({"us"})) == "missing_claim");
  for (std::string_view audience : {"7", "[7]", R"(["us",7])", "{}", "null", R"([["us"]])"})
    CHECK(outcome_with("\"aud\":" + std::string{audience}, for_audience({"us"})) == "malformed");
}

TEST_CASE("a token for somebody is refused by who has no name") {
  CHECK(outcome_with(R"("aud":"them")") == "wrong_audience");
  CHECK(outcome_with(R"("aud":[])") == "wrong_audience");
  CHECK(outcome_with(R"("x":1)") == "valid");
}

TEST_CASE("a token is refused that is from somebody else") {
  checker_options options;
  options.issuer = "https://issuer.example";
  CHECK(outcome_with(R"("iss":"https://issuer.example")", options) == "valid");
  CHECK(outcome_with(R"("iss":"https://issuer.example/")", options) == "wrong_issuer");
  CHECK(outcome_with(R"("iss":"")", options) == "missing_claim");
  CHECK(outcome_with(R"("x":1)", options) == "missing_claim");
  CHECK(outcome_with(R"("iss":["https://issuer.example"])", options) == "malformed");
  CHECK(outcome_with(R"("iss":"anybody")") == "valid");
}

TEST_CASE("scopes are a list, or words, and others than ours mean nothing") {
  CHECK(scopes_with(R"("scopes":["execute","read"])") == "read execute");
  CHECK(scopes_with(R"("scope":"openid profile write")") == "write");
  CHECK(scopes_with(R"("scope":"  read   execute ")") == "read execute");
  CHECK(scopes_with(R"("scopes":["admin"])") == "admin");
  CHECK(scopes_with(R"("scopes":[])").empty());
  CHECK(scopes_with(R"("scope":"")").empty());
  CHECK(scopes_with(R"("scope":"openid")").empty());
  CHECK(scopes_with(R"("scope":"Admin ADMIN administrator")").empty());
  for (std::string_view nonsense : {"1", "null", "{}", "[1]", "[null]", R"([["read"]])"}) {
    CHECK(scopes_with("\"scopes\":" + std::string{nonsense}) == "malformed");
    CHECK(scopes_with("\"scope\":" + std::string{nonsense}) == "malformed");
    CHECK(scopes_with("\"roles\":" + std::string{nonsense}) == "malformed");
  }
}

TEST_CASE("roles are scopes where there are none") {
  CHECK(scopes_with(R"("roles":["admin"])") == "admin");
  CHECK(scopes_with(R"("roles":["operator"])") == "read write execute");
  CHECK(scopes_with(R"("roles":["developer"])") == "read execute");
  CHECK(scopes_with(R"("roles":["viewer"])") == "read");
  CHECK(scopes_with(R"("roles":"viewer")") == "read");
  CHECK(scopes_with(R"("roles":["viewer","operator"])") == "read write execute");
  CHECK(scopes_with(R"("roles":["guest"])").empty());
  CHECK(scopes_with(R"("roles":[])").empty());
  CHECK(scopes_with(R"("roles":["admin"],"scope":"read")") == "read");
  CHECK(scopes_with(R"("scopes":[],"scope":"admin","roles":["admin"])").empty());
}

TEST_CASE("roles of others mean nothing where they are not trusted") {
  checker_options wanted;
  wanted.trusts_roles = false;
  wanted.scopes_without_claim = scope_set{};
  auto scopes = [&](std::string_view more) {
    return secret_checker(wanted)
        .check(token_with(payload_with(more)), vectors_moment)
        .value()
        .scopes;
  };
  CHECK(scopes(R"("roles":["admin"])").empty());
  CHECK(scopes(R"("roles":["admin"],"scope":"read")") == scope_set{scope::read});
}

TEST_CASE("what a token may do that says nothing of it can be chosen") {
  CHECK(scopes_with(R"("x":1)") == "read write execute");
  checker_options options;
  options.scopes_without_claim = scope_set{};
  CHECK(scopes_with(R"("x":1)", options).empty());
  options.scopes_without_claim = scope_set{scope::read};
  CHECK(scopes_with(R"("x":1)", options) == "read");
  CHECK(scopes_with(R"("scope":"write")", options) == "write");
}

TEST_CASE("a token to get new tokens with is refused") {
  CHECK(outcome_with(R"("type":"refresh")") == "malformed");
  CHECK(outcome_with(R"("type":"access")") == "valid");
  CHECK(outcome_with(R"("type":"access","refreshed_at":1800000000)") == "valid");
}

TEST_CASE("a checker with a leeway that is none cannot be made") {
  auto keys = key_set::of_secret(secret).value();
  for (auto leeway : {-1s, 301s}) {
    checker_options options;
    options.leeway = leeway;
    CHECK_FALSE(token_checker::make(keys, options).has_value());
  }
  CHECK_FALSE(token_checker::make(keys, for_audience({"us", ""})).has_value());
}
