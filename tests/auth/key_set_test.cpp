// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "tokens.hpp"

#include <openssl/err.h>

using namespace mahavishnu;
using namespace mahavishnu::auth;

namespace {

std::string reason(const result<key_set>& made) {
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == errc::invalid_argument);
  return made.error().message;
}

std::string jwks_with(std::string_view keys) {
  return R"({"keys":[)" + std::string{keys} + "]}";
}

/// The numbers of RFC 7515, appendix A.3.
std::string curve_key(std::string_view more = "",
                      std::string_view y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0") {
  return R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":")" +
         std::string{y} + "\"" + std::string{more} + "}";
}

} // namespace

TEST_CASE("of a key set, the keys for the algorithm are taken") {
  CHECK(key_set::of_jwks(test::key_set_json, algorithm::rs256).value().size() == 2);
  CHECK(key_set::of_jwks(test::key_set_json, algorithm::es256).value().size() == 1);
  CHECK(key_set::of_jwks(test::nameless_key_set_json, algorithm::es256).value().size() == 2);
  CHECK(key_set::of_secret(test::secret).value().size() == 1);
  CHECK(key_set::of_secret(test::secret).value().for_algorithm() == algorithm::hs256);
}

TEST_CASE("public keys are PEM or JWKS, whichever the text is") {
  CHECK(key_set::of_public_keys(test::rsa_public, algorithm::rs256).has_value());
  CHECK(key_set::of_public_keys("\n  " + std::string{test::key_set_json}, algorithm::rs256)
            .has_value());
  CHECK_FALSE(key_set::of_public_keys("", algorithm::rs256).has_value());
}

TEST_CASE("several keys in PEM are all taken") {
  auto both =
      std::string{test::rsa_public} + "# the next one\n" + std::string{test::other_rsa_public};
  CHECK(key_set::of_pem(both, algorithm::rs256).value().size() == 2);
}

TEST_CASE("keys that are not for the algorithm are refused") {
  CHECK_THAT(reason(key_set::of_pem(test::ec_public, algorithm::rs256)),
             ContainsSubstring("not an RSA key"));
  CHECK_THAT(reason(key_set::of_pem(test::rsa_public, algorithm::es256)),
             ContainsSubstring("not an elliptic-curve key"));
  CHECK_THAT(reason(key_set::of_pem(test::p384_public, algorithm::es256)),
             ContainsSubstring("P-256"));
  CHECK_THAT(reason(key_set::of_pem(test::rsa_public, algorithm::hs256)),
             ContainsSubstring("HS256 has a secret"));
  CHECK_THAT(reason(key_set::of_jwks(test::key_set_json, algorithm::hs256)),
             ContainsSubstring("HS256 has a secret"));
}

TEST_CASE("an RSA key of 1024 bits is refused") {
  CHECK_THAT(reason(key_set::of_pem(test::small_rsa_public, algorithm::rs256)),
             ContainsSubstring("2048 to 8192 bits, and this one has 1024"));
}

TEST_CASE("private keys are not taken for public ones") {
  CHECK_THAT(reason(key_set::of_pem(test::rsa_private, algorithm::rs256)),
             ContainsSubstring("openssl pkey -in KEY -pubout"));
  CHECK_THAT(reason(key_set::of_jwks(test::private_key_set_json, algorithm::rs256)),
             ContainsSubstring("private key"));
}

TEST_CASE("broken PEM is refused") {
  std::string text{test::rsa_public};
  CHECK_FALSE(key_set::of_pem(text.substr(0, text.size() / 2), algorithm::rs256).has_value());
  text.replace(60, 4, "AAAA");
  CHECK_FALSE(key_set::of_pem(text, algorithm::rs256).has_value());
  CHECK_FALSE(
      key_set::of_pem("-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----", algorithm::rs256)
          .has_value());
  CHECK_FALSE(key_set::of_pem(std::string(300'000, 'x'), algorithm::rs256).has_value());
}

TEST_CASE("a key set that is none is refused") {
  for (std::string_view text : {"", "{", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})",
                                R"({"keys":[1,null,"x",[]]})", R"({"keys":[],"keys":[]})"})
    CHECK_FALSE(key_set::of_jwks(text, algorithm::es256).has_value());
  CHECK_FALSE(key_set::of_jwks(jwks_with(std::string(100'000, '[')), algorithm::es256).has_value());
  std::string many = curve_key();
  for (int i = 0; i < 64; ++i)
    many += "," + curve_key();
  CHECK_THAT(reason(key_set::of_jwks(jwks_with(many), algorithm::es256)),
             ContainsSubstring("more than 64"));
}

TEST_CASE("a key on a curve is taken as it stands, and not with anything else") {
  CHECK(key_set::of_jwks(jwks_with(curve_key()), algorithm::es256).has_value());
  CHECK(key_set::of_jwks(jwks_with(curve_key(R"(,"use":"sig","key_ops":["verify"])")),
                         algorithm::es256)
            .has_value());
  auto refused = [](const std::string& key) {
    return !key_set::of_jwks(jwks_with(key), algorithm::es256);
  };
  CHECK(refused(curve_key(R"(,"use":"enc")")));
  CHECK(refused(curve_key(R"(,"use":1)")));
  CHECK(refused(curve_key(R"(,"alg":"ES384")")));
  CHECK(refused(curve_key(R"(,"alg":"es256")")));
  CHECK(refused(curve_key(R"(,"key_ops":["sign"])")));
  CHECK(refused(curve_key(R"(,"key_ops":"verify")")));
  CHECK(refused(curve_key(R"(,"kid":7)")));
  // Another last byte: no point of the curve. Then too short, padded, too long, missing.
  CHECK(refused(curve_key("", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4")));
  CHECK(refused(curve_key("", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5Q")));
  CHECK(refused(curve_key("", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=")));
  CHECK(refused(curve_key("", "AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt")));
  CHECK(refused(curve_key("", "")));
}

TEST_CASE("a bad key in a set takes nothing from the others") {
  auto keys = jwks_with(curve_key(R"(,"kid":"bad")", "AAAA") + "," + curve_key(R"(,"kid":"good")"));
  CHECK(key_set::of_jwks(keys, algorithm::es256).value().size() == 1);
}

TEST_CASE("numbers that make no RSA key are refused") {
  auto refused = [](std::string_view n, std::string_view e) {
    return !key_set::of_jwks(
        jwks_with(R"({"kty":"RSA","n":")" + std::string{n} + R"(","e":")" + std::string{e} + "\"}"),
        algorithm::rs256);
  };
  const auto modulus = std::string(341, 'x') + "Q"; // 2048 bits
  CHECK_FALSE(refused(modulus, "AQAB"));
  CHECK(refused(modulus, ""));
  CHECK(refused(modulus, "AQ"));             // 1
  CHECK(refused(modulus, "Ag"));             // 2
  CHECK(refused(modulus, "AQAAAAAAAAAAAQ")); // 80 bits
  CHECK(refused("", "AQAB"));
  CHECK(refused("AAAA", "AQAB"));
  CHECK(refused(std::string(3000, 'x'), "AQAB")); // 18,000 bits
}

TEST_CASE("keys that are refused leave no errors of OpenSSL behind") {
  ERR_clear_error();
  CHECK_FALSE(key_set::of_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                              algorithm::rs256)
                  .has_value());
  CHECK_FALSE(
      key_set::of_jwks(jwks_with(curve_key("", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4")),
                       algorithm::es256)
          .has_value());
  auto checker = test::checker_of(key_set::of_pem(test::rsa_public, algorithm::rs256));
  std::string token{test::rs256_token};
  token[token.size() - 10] ^= 1;
  CHECK_FALSE(checker.check(token, test::vectors_moment).has_value());
  CHECK(ERR_peek_error() == 0);
}
