// SPDX-License-Identifier: MIT
#include "auth/jwks.hpp"

#include "auth/base64url.hpp"
#include "auth/signatures.hpp"
#include "auth/strict_json.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <optional>

namespace mahavishnu::auth {

namespace {

using nlohmann::json;

using big_number = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
using parameter_builder = std::unique_ptr<OSSL_PARAM_BLD, openssl_free<OSSL_PARAM_BLD_free>>;
using parameters = std::unique_ptr<OSSL_PARAM, openssl_free<OSSL_PARAM_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, openssl_free<EVP_PKEY_CTX_free>>;

constexpr std::size_t most_bytes = 256 * 1024;
constexpr std::size_t most_keys = 64;
constexpr std::size_t most_depth = 8;
/// Of the modulus of the longest RSA key that is taken.
constexpr std::size_t most_number_bytes = 1024;
constexpr std::size_t coordinate_bytes = 32;

error unusable(std::string reason) {
  return {errc::invalid_argument, std::move(reason)};
}

/// A member that is a text; empty when it is missing, nothing when it is something else.
std::optional<std::string> text_member(const json& key, const char* name) {
  const auto* found = find_member(key, name);
  if (found == nullptr)
    return std::string{};
  if (!found->is_string())
    return std::nullopt;
  return found->get<std::string>();
}

/// The bytes of a member in base64url; empty when there is none.
std::string bytes_member(const json& key, const char* name) {
  auto text = text_member(key, name);
  return text ? from_base64url(*text).value_or("") : "";
}

evp_key key_from(const char* type, OSSL_PARAM_BLD* builder) {
  parameters all{OSSL_PARAM_BLD_to_param(builder)};
  key_context context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* made = nullptr;
  if (all && context && EVP_PKEY_fromdata_init(context.get()) == 1)
    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, all.get());
  return evp_key{made};
}

evp_key rsa_key(const json& jwk) {
  auto modulus = bytes_member(jwk, "n");
  auto exponent = bytes_member(jwk, "e");
  if (modulus.empty() || exponent.empty() || modulus.size() > most_number_bytes ||
      exponent.size() > sizeof(std::uint64_t))
    return {};
  big_number n{BN_bin2bn(bytes_of(modulus), static_cast<int>(modulus.size()), nullptr)};
  big_number e{BN_bin2bn(bytes_of(exponent), static_cast<int>(exponent.size()), nullptr)};
  parameter_builder builder{OSSL_PARAM_BLD_new()};
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return {};
  return key_from("RSA", builder.get());
}

evp_key ec_key(const json& jwk) {
  auto x = bytes_member(jwk, "x");
  auto y = bytes_member(jwk, "y");
  if (text_member(jwk, "crv") != "P-256" || x.size() != coordinate_bytes ||
      y.size() != coordinate_bytes)
    return {};
  auto point = "\x04" + x + y; // uncompressed
  parameter_builder builder{OSSL_PARAM_BLD_new()};
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1)
    return {};
  auto key = key_from("EC", builder.get());
  // A point that is not on the curve tells an attacker things when it is used.
  key_context context{key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr};
  if (!context || EVP_PKEY_public_check(context.get()) != 1)
    return {};
  return key;
}

/// A set may have keys for other purposes beside ours; these say so.
bool is_for_checking(const json& jwk, algorithm how) {
  auto use = text_member(jwk, "use");
  auto alg = text_member(jwk, "alg");
  if (!use || !alg || (!use->empty() && *use != "sig") || (!alg->empty() && *alg != to_string(how)))
    return false;
  const auto* operations = find_member(jwk, "key_ops");
  return operations == nullptr ||
         (operations->is_array() &&
          std::find(operations->begin(), operations->end(), "verify") != operations->end());
}

/// A key that cannot be used says why not.
result<named_key> read_key(const json& jwk, algorithm how) {
  if (!jwk.is_object())
    return unusable("it is no object");
  auto id = text_member(jwk, "kid");
  if (!id)
    return unusable("its kid is no text");
  if (text_member(jwk, "kty") != (how == algorithm::rs256 ? "RSA" : "EC"))
    return unusable("it is of another type than " + std::string{to_string(how)} + " needs");
  if (jwk.contains("d"))
    return unusable("it is a private key, which everybody can read now; make a new one");
  if (!is_for_checking(jwk, how))
    return unusable("it is for something else than checking " + std::string{to_string(how)});
  auto key = how == algorithm::rs256 ? rsa_key(jwk) : ec_key(jwk);
  if (!key)
    return unusable("its numbers make no key");
  if (auto good = check_key(key.get(), how); !good)
    return good.error();
  return named_key{*std::move(id), std::move(key)};
}

} // namespace

result<std::vector<named_key>> public_keys_of_jwks(std::string_view text, algorithm how) {
  own_errors guard;
  if (text.size() > most_bytes)
    return unusable("the key set is longer than 256 KiB");
  auto set = parse_object(text, most_depth);
  const auto* list = set ? find_member(*set, "keys") : nullptr;
  if (list == nullptr || !list->is_array())
    return unusable("it is no JWKS, which is a JSON object with a list of 'keys'");
  if (list->size() > most_keys)
    return unusable("the key set has more than 64 keys");
  std::vector<named_key> keys;
  std::string reasons;
  for (const auto& each : *list) {
    if (auto key = read_key(each, how))
      keys.push_back(std::move(*key));
    else if (reasons.empty())
      reasons = "; of the first one: " + key.error().message;
  }
  if (keys.empty())
    return unusable("none of the " + std::to_string(list->size()) + " keys in the set can check " +
                    std::string{to_string(how)} + reasons);
  return keys;
}

} // namespace mahavishnu::auth
