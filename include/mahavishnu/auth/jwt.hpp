// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// A token for that user from now on, in one call. `secret`: at least 32 characters for HS256, a
/// private key in PEM for RS256 and ES256.
result<std::string> create_jwt_token(std::string_view user_id, std::string_view secret,
                                     std::string_view algorithm = "HS256",
                                     std::int64_t expire_minutes = 60);

/// What such a token says, if it is valid now. `secret`: that of HS256, or public keys (PEM or the
/// text of a JWKS) for RS256 and ES256. Reading the keys costs more than checking: for many tokens,
/// keep a token_checker.
result<token_claims> validate_jwt_token(std::string_view token, std::string_view secret,
                                        std::string_view algorithm = "HS256");

} // namespace mahavishnu::auth
