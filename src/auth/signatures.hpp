// SPDX-License-Identifier: MIT
#pragma once

#include "auth/openssl.hpp"
#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// 32 bytes; fewer when OpenSSL cannot do it.
std::string hmac_sha256(std::string_view secret, std::string_view text);

/// Takes the same time wherever the two differ. The expected one is not empty.
bool is_same_signature(std::string_view expected, std::string_view given);

/// As tokens have it: for ES256 the two numbers behind each other, 32 bytes each.
bool is_signed_by(EVP_PKEY* public_key, algorithm how, std::string_view text,
                  std::string_view signature);
result<std::string> sign(EVP_PKEY* private_key, algorithm how, std::string_view text);

/// Whether a key, public or private, is one for that algorithm; an error says why not.
result<void> check_key(const EVP_PKEY* key, algorithm how);

} // namespace mahavishnu::auth
