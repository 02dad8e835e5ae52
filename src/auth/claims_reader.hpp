// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/auth/token_checker.hpp"

#include <string_view>

namespace mahavishnu::auth {

/// What the payload of a token says, if it is JSON that makes sense and says all that it has to, at
/// this moment. Its signature was checked before.
token_result<token_claims> read_claims(std::string_view payload, const checker_options& wanted,
                                       token_time now);

} // namespace mahavishnu::auth
