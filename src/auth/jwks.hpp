// SPDX-License-Identifier: MIT
#pragma once

#include "auth/openssl.hpp"
#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// A public key and its name, which may be empty.
struct named_key {
  std::string id;
  evp_key key;
};

/// The keys of a JWKS that are good for the algorithm; at least one.
result<std::vector<named_key>> public_keys_of_jwks(std::string_view text, algorithm how);

} // namespace mahavishnu::auth
