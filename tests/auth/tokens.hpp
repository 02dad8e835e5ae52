// SPDX-License-Identifier: MIT
#pragma once

#include "auth/base64url.hpp"
#include "auth/signatures.hpp"
#include "mahavishnu/auth/token_checker.hpp"
#include "vectors.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// Tokens as a test wants them, good ones and others.
namespace mahavishnu::test {

inline std::chrono::system_clock::time_point moment(long seconds) {
  return std::chrono::system_clock::time_point{std::chrono::seconds{seconds}};
}

inline const auto vectors_moment = moment(vectors_now);

constexpr std::string_view hs256_header = R"({"alg":"HS256","typ":"JWT"})";
/// That and `sub` is all that a token needs.
constexpr std::string_view good_payload = R"({"sub":"alice","exp":1800003600})";

/// Signed with a secret, whatever the header says.
inline std::string signed_token(std::string_view header, std::string_view payload,
                                std::string_view with = secret) {
  auto text = auth::base64url(header) + "." + auth::base64url(payload);
  return text + "." + auth::base64url(auth::hmac_sha256(with, text));
}

inline std::string token_with(std::string_view payload) {
  return signed_token(hs256_header, payload);
}

/// A payload that is good, with more members.
inline std::string payload_with(std::string_view more) {
  return R"({"sub":"alice","exp":1800003600,)" + std::string{more} + "}";
}

inline auth::token_checker checker_of(result<auth::key_set> keys,
                                      auth::checker_options options = {}) {
  return auth::token_checker::make(std::move(keys).value(), std::move(options)).value();
}

inline auth::token_checker secret_checker(auth::checker_options options = {}) {
  return checker_of(auth::key_set::of_secret(secret), std::move(options));
}

/// `valid`, or the kind of problem.
inline std::string outcome(const auth::token_result<auth::token_claims>& checked) {
  return std::string{checked ? "valid" : to_string(checked.error().kind)};
}

/// Of a token signed with the secret, now.
inline std::string outcome_of(std::string_view token, auth::checker_options options = {}) {
  return outcome(secret_checker(std::move(options)).check(token, vectors_moment));
}

} // namespace mahavishnu::test
