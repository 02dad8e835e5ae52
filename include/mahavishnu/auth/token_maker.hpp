// SPDX-License-Identifier: MIT
#pragma once

#include "mahavishnu/auth/token.hpp"
#include "mahavishnu/base/error.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mahavishnu::auth {

/// What a new token is to say.
struct token_wish {
  std::string user_id;
  /// Without them the token says nothing of scopes, and whoever checks it decides what that means.
  std::optional<scope_set> scopes;
  std::optional<subscription> subscription_type;
  std::string issuer;
  std::vector<std::string> audience;
  /// From now on.
  std::chrono::seconds lifetime{std::chrono::hours{1}};
  std::optional<token_time> not_before;
  std::string token_id;
};

/// Makes tokens with one key. May be used by several threads.
class token_maker {
public:
  /// HS256, with at least 32 characters.
  static result<token_maker> with_secret(std::string_view secret);

  /// RS256 or ES256, with a private key in PEM that has no password; `key_id` becomes the `kid` of
  /// its tokens.
  static result<token_maker> with_private_key(std::string_view pem, algorithm how,
                                              std::string key_id = {});

  result<std::string> make(const token_wish& wish, std::chrono::system_clock::time_point now) const;

  algorithm signs_with() const;

private:
  struct parts;
  explicit token_maker(std::shared_ptr<const parts> inside);

  std::shared_ptr<const parts> inside_;
};

} // namespace mahavishnu::auth
