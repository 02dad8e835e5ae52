// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/token_checker.hpp"

#include "auth/claims_reader.hpp"
#include "auth/compact_token.hpp"
#include "auth/key_set_parts.hpp"

#include <algorithm>

namespace mahavishnu::auth {

namespace {

constexpr std::chrono::minutes most_leeway{5};

/// Whether the token may still be one of another kind, which is signed with another key.
bool may_be_of_others(token_problem kind) {
  switch (kind) {
  case token_problem::wrong_algorithm:
  case token_problem::bad_signature:
  case token_problem::unknown_key:
  // No subscription_type: one secret for both kinds is not wise, but works.
  case token_problem::missing_claim: return true;
  default: return false;
  }
}

} // namespace

result<token_checker> token_checker::make(key_set keys, checker_options options) {
  if (options.leeway < std::chrono::seconds{0} || options.leeway > most_leeway)
    return error{errc::invalid_argument,
                 "the leeway of tokens must be between 0 and 300 seconds, not " +
                     std::to_string(options.leeway.count())};
  if (std::ranges::any_of(options.audiences, [](const auto& each) { return each.empty(); }))
    return error{errc::invalid_argument, "an audience of tokens is empty; leave it out"};
  return token_checker{std::move(keys), std::move(options)};
}

token_result<token_claims> token_checker::check(std::string_view token,
                                                std::chrono::system_clock::time_point now) const {
  auto parts = take_apart(token, keys_.for_algorithm());
  if (!parts)
    return parts.error();
  // Nothing that a stranger has written is read further than that.
  switch (keys_.inside().check(parts->key_id, parts->signed_text, parts->signature)) {
  case signature_verdict::good: break;
  case signature_verdict::bad:
    return token_error{token_problem::bad_signature,
                       "the signature of the token is not that of any key that is accepted"};
  case signature_verdict::unknown_key:
    return token_error{token_problem::unknown_key,
                       "the token is signed with a key that is not known"};
  }
  return read_claims(parts->payload, options_, std::chrono::floor<std::chrono::seconds>(now));
}

token_result<token_claims> token_gate::check(std::string_view token,
                                             std::chrono::system_clock::time_point now) const {
  token_result<token_claims> answer =
      token_error{token_problem::bad_signature, "there is no key to check tokens with"};
  if (subscriptions_)
    answer = subscriptions_->check(token, now);
  if (others_ && (!subscriptions_ || (!answer && may_be_of_others(answer.error().kind))))
    answer = others_->check(token, now);
  return answer;
}

} // namespace mahavishnu::auth
