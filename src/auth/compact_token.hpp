// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mahavishnu::auth {

/// The parts of a token (RFC 7515, compact serialization), of which nothing is believed yet.
struct compact_token {
  /// `kid`
  std::optional<std::string> key_id;
  /// What the signature is about: a part of the token.
  std::string_view signed_text;
  std::string payload;
  std::string signature;
};

/// Takes a token apart whose header says that it is signed in this way; any other is refused.
token_result<compact_token> take_apart(std::string_view token, algorithm how);

} // namespace mahavishnu::auth
