// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/token.hpp"

#include "base/text.hpp"

#include <stdexcept>

namespace mahavishnu::auth {

std::string_view to_string(algorithm how) {
  switch (how) {
  case algorithm::hs256: return "HS256";
  case algorithm::rs256: return "RS256";
  case algorithm::es256: return "ES256";
  }
  return "unknown";
}

result<algorithm> algorithm_from(std::string_view name) {
  auto wanted = to_upper(name);
  for (auto each : {algorithm::hs256, algorithm::rs256, algorithm::es256})
    if (to_string(each) == wanted)
      return each;
  return error{errc::invalid_argument, "tokens cannot be signed with '" + std::string{name} +
                                           "'; use HS256, RS256 or ES256"};
}

std::string_view to_string(subscription whose) {
  return whose == subscription::claude_code ? "claude_code" : "codex";
}

std::optional<subscription> subscription_of(std::string_view name) {
  for (auto each : {subscription::claude_code, subscription::codex})
    if (to_string(each) == name)
      return each;
  return std::nullopt;
}

std::string_view to_string(token_method method) {
  switch (method) {
  case token_method::jwt: return "jwt";
  case token_method::claude_subscription: return "claude_subscription";
  case token_method::codex_subscription: return "codex_subscription";
  }
  return "unknown";
}

std::string_view to_string(token_problem kind) {
  switch (kind) {
  case token_problem::malformed: return "malformed";
  case token_problem::wrong_algorithm: return "wrong_algorithm";
  case token_problem::bad_signature: return "bad_signature";
  case token_problem::expired: return "expired";
  case token_problem::not_yet_valid: return "not_yet_valid";
  case token_problem::wrong_audience: return "wrong_audience";
  case token_problem::wrong_issuer: return "wrong_issuer";
  case token_problem::unknown_key: return "unknown_key";
  case token_problem::missing_claim: return "missing_claim";
  }
  return "unknown";
}

error to_error(const token_error& refused) {
  return {errc::unauthorized, refused.message};
}

void throw_exception_from_error(const token_error& refused, const boost::source_location&) {
  throw std::runtime_error(refused.message);
}

} // namespace mahavishnu::auth
