// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/scope.hpp"
#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// How a token is signed.
enum class algorithm : std::uint8_t {
  /// HMAC with SHA-256: whoever can check a token can make one.
  hs256,
  /// RSA (PKCS #1 v1.5) with SHA-256.
  rs256,
  /// ECDSA on the curve P-256 with SHA-256.
  es256,
};

/// `HS256` and so on.
std::string_view to_string(algorithm how);
/// Of such a name, in any case; `none` is none.
result<algorithm> algorithm_from(std::string_view name);

/// Whose subscription a token is about.
enum class subscription : std::uint8_t { claude_code, codex };

std::string_view to_string(subscription whose);
std::optional<subscription> subscription_of(std::string_view name);

/// By which way a caller got in.
enum class token_method : std::uint8_t { jwt, claude_subscription, codex_subscription };

std::string_view to_string(token_method method);

/// Why a token was refused.
enum class token_problem : std::uint8_t {
  /// It is no token, or has in it what makes no sense.
  malformed,
  /// It is signed in another way than the one that was chosen here, or not at all.
  wrong_algorithm,
  /// It was changed, or signed by somebody else.
  bad_signature,
  /// It was valid once.
  expired,
  /// It is not valid yet, or from the future.
  not_yet_valid,
  /// It is for somebody else.
  wrong_audience,
  /// It is from somebody else.
  wrong_issuer,
  /// It names a key that is not in the key set: there may be a newer key set.
  unknown_key,
  /// It does not say something that it has to say.
  missing_claim,
};

std::string_view to_string(token_problem kind);

/// Why a token was refused, and a sentence about it that may be shown to whoever sent it: it has
/// nothing of the token in it, and nothing of a key.
struct token_error {
  token_problem kind = token_problem::malformed;
  std::string message;

  friend bool operator==(const token_error&, const token_error&) = default;
};

template <class T>
using token_result = boost::system::result<T, token_error>;

/// As one of our errors: `unauthorized`.
error to_error(const token_error& refused);

/// Only for `value()` of a result that holds an error.
[[noreturn]] void throw_exception_from_error(const token_error& refused,
                                             const boost::source_location&);

/// Tokens count in whole seconds of the time of day.
using token_time = std::chrono::sys_seconds;

/// What a token says that was checked.
struct token_claims {
  /// `sub`, else `user_id`.
  std::string subject;
  /// `user_id`, else `sub`.
  std::string user_id;
  /// What follows from `scopes`, else `scope`, else `roles`, else what tokens without these get.
  scope_set scopes;
  /// `subscription_type`, in a token of a subscription.
  std::optional<subscription> subscription_type;
  token_method method = token_method::jwt;
  /// `iss`; empty when there is none.
  std::string issuer;
  /// `aud`.
  std::vector<std::string> audience;
  /// `jti`; empty when there is none.
  std::string token_id;
  token_time expires_at;
  std::optional<token_time> issued_at;
  std::optional<token_time> not_before;
};

} // namespace mahavishnu::auth
