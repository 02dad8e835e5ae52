// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/jwt.hpp"
#include "support/catch.hpp"
#include "vectors.hpp"

using namespace mahavishnu;
using namespace mahavishnu::auth;
using namespace mahavishnu::test;

TEST_CASE("a token that is made in one call is read in another") {
  auto token = create_jwt_token("alice", secret, "HS256", 5).value();
  auto payload = validate_jwt_token(token, secret, "HS256");
  REQUIRE(payload.has_value());
  CHECK(payload->user_id == "alice");
  CHECK(payload->scopes.text() == "read write execute");
  REQUIRE(payload->issued_at);
  CHECK(payload->expires_at - *payload->issued_at == std::chrono::minutes{5});
  CHECK(create_jwt_token("alice", secret).has_value());
}

TEST_CASE("the calls take keys in PEM and key sets for the other algorithms") {
  auto rsa_token = create_jwt_token("alice", rsa_private, "RS256").value();
  CHECK(validate_jwt_token(rsa_token, rsa_public, "RS256").value().user_id == "alice");
  auto curve_token = create_jwt_token("alice", ec_private, "es256").value();
  CHECK(validate_jwt_token(curve_token, ec_public, "ES256").value().user_id == "alice");
  CHECK(validate_jwt_token(curve_token, nameless_key_set_json, "ES256").has_value());
  CHECK_FALSE(validate_jwt_token(rsa_token, rsa_public, "HS256").has_value());
  CHECK_FALSE(validate_jwt_token(rsa_token, ec_public, "ES256").has_value());
}

TEST_CASE("the calls refuse what is wrong, and say of whom the mistake is") {
  auto code = [](const auto& made) {
    REQUIRE_FALSE(made.has_value());
    return made.error().code;
  };
  CHECK(code(create_jwt_token("alice", "short", "HS256", 5)) == errc::invalid_argument);
  CHECK(code(create_jwt_token("alice", secret, "none", 5)) == errc::invalid_argument);
  CHECK(code(create_jwt_token("alice", secret, "HS256", 0)) == errc::invalid_argument);
  CHECK(code(create_jwt_token("alice", secret, "HS256", INT64_MAX)) == errc::invalid_argument);
  CHECK(code(create_jwt_token("", secret, "HS256", 5)) == errc::invalid_argument);
  CHECK(code(validate_jwt_token("x", "short", "HS256")) == errc::invalid_argument);
  CHECK(code(validate_jwt_token("x", secret, "none")) == errc::invalid_argument);
  CHECK(code(validate_jwt_token("x", secret, "HS256")) == errc::unauthorized);
  CHECK(code(validate_jwt_token(plain_token, std::string(40, 'x'), "HS256")) == errc::unauthorized);
}
