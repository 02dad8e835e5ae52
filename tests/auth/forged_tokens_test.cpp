// SPDX-License-Identifier: MIT
// Tokens of somebody who wants to get in without a key.
#include "support/catch.hpp"
#include "tokens.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;

namespace {

checker_options for_anybody() {
  checker_options options;
  options.audiences = {"https://server.example/mcp"};
  return options;
}

token_checker rsa_checker() {
  return checker_of(key_set::of_pem(rsa_public, algorithm::rs256), for_anybody());
}

token_checker curve_checker() {
  return checker_of(key_set::of_pem(ec_public, algorithm::es256), for_anybody());
}

struct known_token {
  std::string_view text;
  token_checker checker;
};

std::vector<known_token> known_tokens() {
  return {{hs256_token, secret_checker(for_anybody())},
          {rs256_token, rsa_checker()},
          {es256_token, curve_checker()}};
}

/// With another header and the rest as it was.
std::string with_header(std::string_view token, std::string_view header) {
  return base64url(header) + std::string{token.substr(token.find('.'))};
}

std::string signature_of(std::string_view token) {
  return from_base64url(token.substr(token.rfind('.') + 1)).value();
}

std::string with_signature(std::string_view token, std::string_view signature) {
  return std::string{token.substr(0, token.rfind('.') + 1)} + base64url(signature);
}

} // namespace

TEST_CASE("a token that says it is not signed is refused, however it spells that") {
  for (const char* name : {"none", "None", "NONE", "nOnE", "none ", " none", "", "null"}) {
    auto header = R"({"alg":")" + std::string{name} + R"(","typ":"JWT"})";
    auto unsigned_token = base64url(header) + "." + base64url(good_payload) + ".";
    CHECK(outcome_of(unsigned_token) == "wrong_algorithm");
    CHECK(outcome_of(signed_token(header, good_payload)) == "wrong_algorithm");
    CHECK(outcome(rsa_checker().check(unsigned_token, vectors_moment)) == "wrong_algorithm");
    CHECK(outcome(curve_checker().check(unsigned_token, vectors_moment)) == "wrong_algorithm");
  }
}

TEST_CASE("a header without an algorithm that is a name is refused") {
  for (std::string_view header :
       {"{}", R"({"typ":"JWT"})", R"({"alg":null})", R"({"alg":256})", R"({"alg":["HS256"]})",
        R"({"alg":{"HS256":1}})", R"({"ALG":"HS256"})", R"({"alg":true})"})
    CHECK(outcome_of(signed_token(header, good_payload)) == "malformed");
}

TEST_CASE("only the algorithm that was chosen is accepted, in its one spelling") {
  for (std::string name : {"hs256", "HS384", "HS512", "RS256", "ES256", "HS256 ", "PS256", "EdDSA",
                           "HS256\\u0000", "HS25"})
    CHECK(outcome_of(signed_token(R"({"alg":")" + name + "\"}", good_payload)) ==
          "wrong_algorithm");
}

TEST_CASE("a public key is no secret, whatever the token says") {
  auto forged = signed_token(hs256_header, good_payload, rsa_public);
  CHECK(outcome(rsa_checker().check(forged, vectors_moment)) == "wrong_algorithm");
  auto relabelled = signed_token(R"({"alg":"RS256"})", good_payload, rsa_public);
  CHECK(outcome(rsa_checker().check(relabelled, vectors_moment)) == "bad_signature");
  auto for_curve = signed_token(R"({"alg":"ES256"})", good_payload, ec_public);
  CHECK(outcome(curve_checker().check(for_curve, vectors_moment)) == "bad_signature");
  // Nor can somebody make that mistake in the settings.
  CHECK_FALSE(key_set::of_secret(rsa_public).has_value());
}

TEST_CASE("a token for one algorithm is refused where another one was chosen") {
  for (const auto& one : known_tokens())
    for (const auto& other : known_tokens())
      CHECK(outcome(other.checker.check(one.text, vectors_moment)) ==
            (one.text == other.text ? "valid" : "wrong_algorithm"));
}

TEST_CASE("a token whose header was changed is refused") {
  CHECK(outcome(curve_checker().check(with_header(rs256_token, R"({"alg":"ES256"})"),
                                      vectors_moment)) == "bad_signature");
  CHECK(outcome(rsa_checker().check(with_header(rs256_token, R"({"alg":"RS256"})"),
                                    vectors_moment)) == "bad_signature");
}

TEST_CASE("a token that was cut anywhere is refused") {
  for (const auto& [token, checker] : known_tokens()) {
    REQUIRE(outcome(checker.check(token, vectors_moment)) == "valid");
    for (std::size_t length = 0; length < token.size(); ++length)
      if (checker.check(token.substr(0, length), vectors_moment))
        FAIL("it was accepted with its first " << length << " characters");
    for (std::size_t start = 1; start < token.size(); ++start)
      if (checker.check(token.substr(start), vectors_moment))
        FAIL("it was accepted without its first " << start << " characters");
  }
}

TEST_CASE("a token is refused with any one bit of its text changed") {
  for (const auto& [token, checker] : known_tokens())
    for (std::size_t at = 0; at < token.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed{token};
        changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
        if (checker.check(changed, vectors_moment))
          FAIL("it was accepted with bit " << bit << " of character " << at << " changed");
      }
}

TEST_CASE("a token is refused with any one bit of its signature or payload changed") {
  for (const auto& each : known_tokens()) {
    const auto token = each.text;
    const auto& checker = each.checker;
    auto first = token.find('.');
    auto second = token.rfind('.');
    auto payload = from_base64url(token.substr(first + 1, second - first - 1)).value();
    auto signature = signature_of(token);
    auto text_with = [&](const std::string& other_payload, const std::string& other_signature) {
      return std::string{token.substr(0, first + 1)} + base64url(other_payload) + "." +
             base64url(other_signature);
    };
    REQUIRE(text_with(payload, signature) == token);
    for (std::size_t at = 0; at < payload.size() * 8; ++at) {
      auto changed = payload;
      changed[at / 8] = static_cast<char>(changed[at / 8] ^ 1 << at % 8);
      if (outcome(checker.check(text_with(changed, signature), vectors_moment)) != "bad_signature")
        FAIL("bit " << at << " of the payload");
    }
    for (std::size_t at = 0; at < signature.size() * 8; ++at) {
      auto changed = signature;
      changed[at / 8] = static_cast<char>(changed[at / 8] ^ 1 << at % 8);
      if (outcome(checker.check(text_with(payload, changed), vectors_moment)) != "bad_signature")
        FAIL("bit " << at << " of the signature");
    }
  }
}

TEST_CASE("a signature that is shorter or longer than it has to be is refused") {
  for (const auto& [token, checker] : known_tokens()) {
    auto good = signature_of(token);
    for (const auto& other : {std::string{}, good.substr(1), good.substr(0, good.size() - 1),
                              good + '\0', '\0' + good, good + good, std::string(8, '\0')})
      CHECK(outcome(checker.check(with_signature(token, other), vectors_moment)) ==
            "bad_signature");
  }
}

TEST_CASE("a signature of zeros, or in another form, is refused for ES256") {
  auto checker = curve_checker();
  auto good = signature_of(es256_token);
  std::string zeros(32, '\0');
  // The order of the curve: the same as zero.
  auto order = from_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").value();
  for (const auto& forged :
       {zeros + zeros, good.substr(0, 32) + zeros, zeros + good.substr(32), order + order,
        std::string(64, '\xFF'),
        // DER, as OpenSSL writes it.
        "\x30\x44\x02\x20" + good.substr(0, 32) + "\x02\x20" + good.substr(32)})
    CHECK(outcome(checker.check(with_signature(es256_token, forged), vectors_moment)) ==
          "bad_signature");
}

TEST_CASE("a token has one text: padding, spaces, and bits that do not count are refused") {
  std::string token{hs256_token};
  auto checker = secret_checker(for_anybody());
  for (const auto& other :
       {token + "=", token + "==", token + " ", " " + token, token + "\n", "Bearer " + token,
        token + ".", "." + token, token + "." + token, "\"" + token + "\"", token + '\0'})
    CHECK(outcome(checker.check(other, vectors_moment)) == "malformed");
  // 32 bytes are 42 letters and four bits: of 64 letters at the end, one is right, and those that
  // differ only in bits that do not count are not even read.
  int malformed = 0;
  for (char last :
       std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}) {
    auto other = token;
    other.back() = last;
    auto found = outcome(checker.check(other, vectors_moment));
    CHECK(found == (other == token         ? "valid"
                    : found == "malformed" ? "malformed"
                                           : "bad_signature"));
    malformed += found == "malformed";
  }
  CHECK(malformed == 48);
}

TEST_CASE("what is no token is refused") {
  for (std::string_view text :
       {"", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "....", "mhv_alice"})
    CHECK(outcome_of(text) == "malformed");
  CHECK(outcome_of("eyJhbGciOiJIUzI1NiJ9..") == "bad_signature");
  // Five parts: encrypted.
  CHECK(outcome_of(std::string{hs256_token} + ".AAAA.AAAA") == "malformed");
}

TEST_CASE("a token of more than 8192 characters is refused, and one of 8192 is not") {
  auto token_of = [](std::size_t filling) {
    return token_with(payload_with(R"("x":")" + std::string(filling, 'x') + "\""));
  };
  std::size_t filling = 6000;
  while (token_of(filling).size() < longest_token - 1)
    ++filling;
  CHECK(token_of(filling).size() <= longest_token);
  CHECK(outcome_of(token_of(filling)) == "valid");
  CHECK(outcome_of(token_of(filling + 2)) == "malformed");
  CHECK(outcome_of(std::string(1'000'000, 'e')) == "malformed");
}

TEST_CASE("a header that is large, deep or no object is refused") {
  for (std::string header :
       {std::string{"[]"}, std::string{"null"}, std::string{"\"HS256\""}, std::string{""},
        std::string{"{"}, std::string{R"({"alg":"HS256"}x)"}, std::string{R"({"alg":"HS256"}{})"},
        "\xEF\xBB\xBF" + std::string{hs256_header}, std::string{R"({"alg":"HS256",})"},
        std::string{R"({'alg':'HS256'})"}, std::string{"{/**/\"alg\":\"HS256\"}"},
        "{\"alg\":\"HS256\",\"x\":\"" + std::string(1100, 'x') + "\"}",
        "{\"alg\":\"HS256\",\"x\":" + std::string(10, '[') + std::string(10, ']') + "}",
        std::string{"{\"alg\":\"HS256\",\"x\":\"\xFF\"}"}})
    CHECK(outcome_of(signed_token(header, good_payload)) == "malformed");
}

TEST_CASE("a header that says something twice is refused") {
  CHECK(outcome_of(signed_token(R"({"alg":"HS256","alg":"none"})", good_payload)) == "malformed");
  CHECK(outcome_of(signed_token(R"({"alg":"none","alg":"HS256"})", good_payload)) == "malformed");
  CHECK(outcome_of(signed_token(R"({"alg":"HS256","\u0061lg":"HS256"})", good_payload)) ==
        "malformed");
}

TEST_CASE("extensions that have to be understood are refused") {
  for (std::string_view more : {R"("crit":["b64"],"b64":false)", R"("crit":[])", R"("crit":null)"})
    CHECK(outcome_of(signed_token(R"({"alg":"HS256",)" + std::string{more} + "}", good_payload)) ==
          "malformed");
}

TEST_CASE("a type may be any text, and what points to other keys is not followed") {
  for (std::string_view more :
       {R"("typ":"JWT")", R"("typ":"jwt")", R"("typ":"at+jwt")", R"("typ":"application/at+jwt")",
        R"("jku":"https://evil.example/keys")", R"("jwk":{"kty":"oct","k":"AAAA"})",
        R"("x5u":"https://evil.example/")", R"("kid":"../../dev/null")", R"("kid":"")"})
    CHECK(outcome_of(signed_token(R"({"alg":"HS256",)" + std::string{more} + "}", good_payload)) ==
          "valid");
  CHECK(outcome_of(signed_token(R"({"alg":"HS256","typ":1})", good_payload)) == "malformed");
  CHECK(outcome_of(signed_token(R"({"alg":"HS256","kid":1})", good_payload)) == "malformed");
}

TEST_CASE("with keys that have names, a token has to name one of them") {
  auto checker = checker_of(key_set::of_jwks(key_set_json, algorithm::rs256), for_anybody());
  auto outcome_with = [&](std::string_view more) {
    return outcome(checker.check(
        with_header(rs256_token, R"({"alg":"RS256")" + std::string{more} + "}"), vectors_moment));
  };
  CHECK(outcome(checker.check(rs256_token, vectors_moment)) == "valid");
  CHECK(outcome_with(R"(,"kid":"rsa-2")") == "unknown_key");
  CHECK(outcome_with(R"(,"kid":"RSA-1")") == "unknown_key");
  CHECK(outcome_with(R"(,"kid":"")") == "unknown_key");
  CHECK(outcome_with("") == "unknown_key");
  // Keys that are in the set, and not for this.
  CHECK(outcome_with(R"(,"kid":"ec-1")") == "unknown_key");
  CHECK(outcome_with(R"(,"kid":"small")") == "unknown_key");
  CHECK(outcome_with(R"(,"kid":"for-encryption")") == "unknown_key");
  CHECK(outcome_with(R"(,"kid":"symmetric")") == "unknown_key");
  // A key that is for this, but not the one that has signed.
  CHECK(outcome_with(R"(,"kid":"rsa-0")") == "bad_signature");
}

TEST_CASE("a newer key set takes the place of the one that a checker has") {
  auto old = checker_of(key_set::of_pem(other_rsa_public, algorithm::rs256), for_anybody());
  CHECK(outcome(old.check(rs256_token, vectors_moment)) == "bad_signature");
  auto newer = old.with_keys(key_set::of_jwks(key_set_json, algorithm::rs256).value());
  CHECK(outcome(newer.check(rs256_token, vectors_moment)) == "valid");
}

TEST_CASE("a refusal shows nothing of the token and nothing of the secret") {
  const std::string mark = "MARK7391";
  for (const auto& token :
       {mark, mark + "." + mark + "." + mark,
        signed_token(R"({"alg":")" + mark + "\"}", good_payload),
        signed_token(R"({"alg":"HS256","typ":["MARK7391"]})", good_payload),
        token_with(R"({"sub":"MARK7391","exp":1})"), token_with(R"({"sub":"MARK7391"})"),
        token_with(payload_with(R"("aud":"MARK7391")")),
        token_with(payload_with(R"("nbf":"MARK7391")")),
        token_with(payload_with(R"("scopes":[{"MARK7391":1}])")),
        signed_token(hs256_header, payload_with(R"("x":"MARK7391")"), std::string(40, 'k'))}) {
    auto checked = secret_checker().check(token, vectors_moment);
    REQUIRE_FALSE(checked.has_value());
    const auto& text = checked.error().message;
    CHECK_FALSE(text.empty());
    CHECK(text.find(mark) == std::string::npos);
    CHECK(text.find(secret) == std::string::npos);
    CHECK(to_error(checked.error()) == error{errc::unauthorized, text});
  }
}
