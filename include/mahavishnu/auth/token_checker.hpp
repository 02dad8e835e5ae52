// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/key_set.hpp"
#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mahavishnu::auth {

/// Longer ones are refused before anything is done with them.
inline constexpr std::size_t longest_token = 8192;

/// What a token has to say besides being signed.
struct checker_options {
  /// Who must have made it (`iss`); empty: anybody who has the key.
  std::string issuer;
  /// Whom it must be for (`aud`): one of these. Without any, a token that is for somebody is
  /// refused, since it is for somebody else.
  std::vector<std::string> audiences;
  /// How far the clock of who made it may be off, at most five minutes.
  std::chrono::seconds leeway{0};
  /// Must have a `subscription_type`, and is then one of a subscription.
  bool for_subscriptions = false;
  /// What a token may do that says nothing of it; nothing set: read, write and execute as before
  /// there were scopes, and read and execute for subscriptions.
  std::optional<scope_set> scopes_without_claim;
  /// Whether the roles of before there were scopes say what a token may do that names no scopes.
  /// Others have roles of the same names, and mean something else.
  bool trusts_roles = true;
};

/// Checks tokens. The algorithm is that of the keys: what a token says about itself is compared
/// with it and never followed. Has no clock; may be used by several threads.
class token_checker {
public:
  static result<token_checker> make(key_set keys, checker_options options);

  token_result<token_claims> check(std::string_view token,
                                   std::chrono::system_clock::time_point now) const;

  /// The same with other keys, when there is a newer set.
  token_checker with_keys(key_set keys) const { return {std::move(keys), options_}; }

private:
  token_checker(key_set keys, checker_options options)
      : keys_(std::move(keys)), options_(std::move(options)) {}

  key_set keys_;
  checker_options options_;
};

/// What stands before a server: tokens of subscriptions are tried first, then all others.
class token_gate {
public:
  /// Either may be missing; without both, nobody gets in.
  token_gate(std::optional<token_checker> subscriptions, std::optional<token_checker> others)
      : subscriptions_(std::move(subscriptions)), others_(std::move(others)) {}

  token_result<token_claims> check(std::string_view token,
                                   std::chrono::system_clock::time_point now) const;

private:
  std::optional<token_checker> subscriptions_;
  std::optional<token_checker> others_;
};

} // namespace mahavishnu::auth
