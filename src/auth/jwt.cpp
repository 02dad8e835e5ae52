// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/jwt.hpp"

#include "mahavishnu/auth/token_checker.hpp"
#include "mahavishnu/auth/token_maker.hpp"

namespace mahavishnu::auth {

result<std::string> create_jwt_token(std::string_view user_id, std::string_view secret,
                                     std::string_view algorithm, std::int64_t expire_minutes) {
  constexpr std::int64_t most_minutes = 60 * 24 * 3660; // ten years, so that seconds can count it
  if (expire_minutes < 1 || expire_minutes > most_minutes)
    return error{errc::invalid_argument,
                 "a token must be valid between a minute and ten years, not " +
                     std::to_string(expire_minutes) + " minutes"};
  auto how = algorithm_from(algorithm);
  if (!how)
    return how.error();
  auto maker = *how == auth::algorithm::hs256 ? token_maker::with_secret(secret)
                                              : token_maker::with_private_key(secret, *how);
  if (!maker)
    return maker.error();
  token_wish wish;
  wish.user_id = user_id;
  wish.lifetime = std::chrono::minutes{expire_minutes};
  return maker->make(wish, std::chrono::system_clock::now());
}

result<token_claims> validate_jwt_token(std::string_view token, std::string_view secret,
                                        std::string_view algorithm) {
  auto how = algorithm_from(algorithm);
  if (!how)
    return how.error();
  auto keys = *how == auth::algorithm::hs256 ? key_set::of_secret(secret)
                                             : key_set::of_public_keys(secret, *how);
  if (!keys)
    return keys.error();
  auto checker = token_checker::make(*std::move(keys), {});
  if (!checker)
    return checker.error();
  auto claims = checker->check(token, std::chrono::system_clock::now());
  if (!claims)
    return to_error(claims.error());
  return *std::move(claims);
}

} // namespace mahavishnu::auth
