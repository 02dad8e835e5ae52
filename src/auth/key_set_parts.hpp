// SPDX-License-Identifier: MIT
#pragma once

#include "auth/jwks.hpp"
#include "auth/secret_text.hpp"
#include "mahavishnu/auth/key_set.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// What a signature turned out to be.
enum class signature_verdict {
  good,
  bad,
  /// There is no key of the name that the token gives, or none without a name.
  unknown_key,
};

struct key_set::parts {
  parts(algorithm chosen, std::string_view text) : how(chosen), secret(text) {}
  parts(algorithm chosen, std::vector<named_key> all) : how(chosen), keys(std::move(all)) {}

  signature_verdict check(const std::optional<std::string>& key_id, std::string_view text,
                          std::string_view signature) const;

  algorithm how;
  /// Of HS256; then there are no keys.
  secret_text secret;
  std::vector<named_key> keys;
};

} // namespace mahavishnu::auth
