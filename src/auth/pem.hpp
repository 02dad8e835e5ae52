// SPDX-License-Identifier: MIT
#pragma once

#include "auth/openssl.hpp"
#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// Whether a text has a key in PEM in it, which is not to be taken for a secret.
bool is_pem(std::string_view text);

/// All public keys of a text, each of them good for the algorithm.
result<std::vector<evp_key>> public_keys_of_pem(std::string_view text, algorithm how);

/// The private key of a text, good for the algorithm.
result<evp_key> private_key_of_pem(std::string_view text, algorithm how);

} // namespace mahavishnu::auth
