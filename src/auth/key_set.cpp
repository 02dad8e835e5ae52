// SPDX-License-Identifier: MIT
#include "mahavishnu/auth/key_set.hpp"

#include "auth/key_set_parts.hpp"
#include "auth/pem.hpp"
#include "auth/signatures.hpp"
#include "mahavishnu/auth/secret.hpp"

#include <algorithm>

namespace mahavishnu::auth {

namespace {

result<void> check_is_public(algorithm how) {
  if (how != algorithm::hs256)
    return {};
  return error{errc::invalid_argument,
               "HS256 has a secret and no public keys; use RS256 or ES256 with these keys"};
}

} // namespace

signature_verdict key_set::parts::check(const std::optional<std::string>& key_id,
                                        std::string_view text, std::string_view signature) const {
  auto verdict = [](bool good) { return good ? signature_verdict::good : signature_verdict::bad; };
  if (how == algorithm::hs256)
    return verdict(is_same_signature(hmac_sha256(secret.view(), text), signature));
  // Where no key has a name, the one in the token means nothing to us.
  const bool has_names = std::ranges::any_of(keys, [](const auto& key) { return !key.id.empty(); });
  const auto wanted = has_names ? key_id.value_or("") : "";
  bool tried = false;
  for (const auto& key : keys) {
    if (key.id != wanted)
      continue;
    tried = true;
    if (is_signed_by(key.key.get(), how, text, signature))
      return signature_verdict::good;
  }
  return tried ? signature_verdict::bad : signature_verdict::unknown_key;
}

key_set::key_set(std::shared_ptr<const parts> inside) : inside_(std::move(inside)) {}

result<key_set> key_set::of_secret(std::string_view secret) {
  if (auto good = check_secret(secret); !good)
    return good.error();
  return key_set{std::make_shared<const parts>(algorithm::hs256, secret)};
}

result<key_set> key_set::of_pem(std::string_view text, algorithm how) {
  if (auto good = check_is_public(how); !good)
    return good.error();
  auto read = public_keys_of_pem(text, how);
  if (!read)
    return read.error();
  std::vector<named_key> keys;
  for (auto& each : *read)
    keys.push_back({{}, std::move(each)});
  return key_set{std::make_shared<const parts>(how, std::move(keys))};
}

result<key_set> key_set::of_jwks(std::string_view text, algorithm how) {
  if (auto good = check_is_public(how); !good)
    return good.error();
  auto keys = public_keys_of_jwks(text, how);
  if (!keys)
    return keys.error();
  return key_set{std::make_shared<const parts>(how, *std::move(keys))};
}

result<key_set> key_set::of_public_keys(std::string_view text, algorithm how) {
  auto begin = text.find_first_not_of(" \t\r\n");
  bool is_json = begin != std::string_view::npos && text[begin] == '{';
  return is_json ? of_jwks(text, how) : of_pem(text, how);
}

algorithm key_set::for_algorithm() const {
  return inside_->how;
}

std::size_t key_set::size() const {
  return inside_->how == algorithm::hs256 ? 1 : inside_->keys.size();
}

} // namespace mahavishnu::auth
