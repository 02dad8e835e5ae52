// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace mahavishnu::auth {

/// The keys that tokens are checked with, all for one algorithm: so a public key can never be taken
/// for a secret. Copies share the keys; all of it may be used by several threads.
class key_set {
public:
  /// For HS256: a secret of at least 32 characters.
  static result<key_set> of_secret(std::string_view secret);

  /// For RS256 or ES256: one or more public keys in PEM (`BEGIN PUBLIC KEY`).
  static result<key_set> of_pem(std::string_view text, algorithm how);

  /// For RS256 or ES256: the JSON text of a JWKS. Keys in it that are for something else are left
  /// out; when none is left, that is an error.
  static result<key_set> of_jwks(std::string_view text, algorithm how);

  /// Whichever of the last two the text is.
  static result<key_set> of_public_keys(std::string_view text, algorithm how);

  algorithm for_algorithm() const;
  std::size_t size() const;

  /// For the sources of this library.
  struct parts;
  const parts& inside() const { return *inside_; }

private:
  explicit key_set(std::shared_ptr<const parts> inside);

  std::shared_ptr<const parts> inside_;
};

} // namespace mahavishnu::auth
