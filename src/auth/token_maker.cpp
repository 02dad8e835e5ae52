// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/token_maker.hpp"

#include "auth/base64url.hpp"
#include "auth/pem.hpp"
#include "auth/plain_text.hpp"
#include "auth/secret_text.hpp"
#include "auth/signatures.hpp"
#include "mahavishnu/auth/secret.hpp"
#include "mahavishnu/auth/token_checker.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace mahavishnu::auth {

namespace {

using json = nlohmann::ordered_json;

/// A token cannot be taken back, so one that is good for ever is a password that nobody can change.
constexpr std::chrono::days longest_life{3660};

error refused(std::string reason) {
  return {errc::invalid_argument, std::move(reason)};
}

result<void> check_wish(const token_wish& wish) {
  if (wish.user_id.empty())
    return refused("a token needs a user");
  if (wish.lifetime < std::chrono::seconds{1} || wish.lifetime > longest_life)
    return refused("a token must be valid between a second and ten years, not " +
                   std::to_string(wish.lifetime.count()) + " s");
  auto texts = wish.audience;
  texts.insert(texts.end(), {wish.user_id, wish.issuer, wish.token_id});
  if (!std::ranges::all_of(texts, is_plain_text))
    return refused("a user, an issuer, an audience and an id of a token must be UTF-8 without "
                   "control characters, of at most 1024 bytes");
  if (std::ranges::any_of(wish.audience, [](const auto& each) { return each.empty(); }))
    return refused("an audience of the token is empty; leave it out");
  return {};
}

json payload_of(const token_wish& wish, token_time now) {
  auto number = [](token_time when) { return when.time_since_epoch().count(); };
  json claims{{"sub", wish.user_id}, {"user_id", wish.user_id}};
  if (wish.subscription_type)
    claims["subscription_type"] = to_string(*wish.subscription_type);
  if (wish.scopes)
    claims["scopes"] = wish.scopes->names();
  if (!wish.issuer.empty())
    claims["iss"] = wish.issuer;
  if (wish.audience.size() == 1)
    claims["aud"] = wish.audience.front();
  else if (!wish.audience.empty())
    claims["aud"] = wish.audience;
  if (!wish.token_id.empty())
    claims["jti"] = wish.token_id;
  claims["iat"] = number(now);
  if (wish.not_before)
    claims["nbf"] = number(*wish.not_before);
  claims["exp"] = number(now + wish.lifetime);
  return claims;
}

} // namespace

struct token_maker::parts {
  parts(algorithm chosen, std::string_view text) : how(chosen), secret(text) {}
  parts(algorithm chosen, evp_key private_key, std::string id)
      : how(chosen), key(std::move(private_key)), key_id(std::move(id)) {}

  result<std::string> sign(std::string_view text) const {
    if (how != algorithm::hs256)
      return auth::sign(key.get(), how, text);
    auto code = hmac_sha256(secret.view(), text);
    if (code.empty())
      return error{errc::internal, "OpenSSL could not sign the token with the secret"};
    return code;
  }

  algorithm how;
  secret_text secret;
  evp_key key;
  std::string key_id;
};

token_maker::token_maker(std::shared_ptr<const parts> inside) : inside_(std::move(inside)) {}

result<token_maker> token_maker::with_secret(std::string_view secret) {
  if (auto good = check_secret(secret); !good)
    return good.error();
  return token_maker{std::make_shared<const parts>(algorithm::hs256, secret)};
}

result<token_maker> token_maker::with_private_key(std::string_view pem, algorithm how,
                                                  std::string key_id) {
  if (how == algorithm::hs256)
    return refused("HS256 signs with a secret and not with a private key; use RS256 or ES256");
  if (!is_plain_text(key_id))
    return refused("the name of a key must be UTF-8 without control characters");
  auto key = private_key_of_pem(pem, how);
  if (!key)
    return key.error();
  return token_maker{std::make_shared<const parts>(how, *std::move(key), std::move(key_id))};
}

result<std::string> token_maker::make(const token_wish& wish,
                                      std::chrono::system_clock::time_point now) const {
  if (auto good = check_wish(wish); !good)
    return good.error();
  json header{{"alg", to_string(inside_->how)}, {"typ", "JWT"}};
  if (!inside_->key_id.empty())
    header["kid"] = inside_->key_id;
  auto payload = payload_of(wish, std::chrono::floor<std::chrono::seconds>(now));
  auto text = base64url(header.dump()) + "." + base64url(payload.dump());
  auto signature = inside_->sign(text);
  if (!signature)
    return signature.error();
  text += "." + base64url(*signature);
  if (text.size() > longest_token)
    return refused("the token would be longer than 8192 characters, which nobody accepts; give it "
                   "fewer audiences");
  return text;
}

algorithm token_maker::signs_with() const {
  return inside_->how;
}

} // namespace mahavishnu::auth
