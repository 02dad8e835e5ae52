// SPDX-License-Identifier: MIT
#include "auth/signatures.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <array>

namespace mahavishnu::auth {

namespace {

using digest_context = std::unique_ptr<EVP_MD_CTX, openssl_free<EVP_MD_CTX_free>>;
using ecdsa_numbers = std::unique_ptr<ECDSA_SIG, openssl_free<ECDSA_SIG_free>>;
using big_number = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;

constexpr int least_rsa_bits = 2048;
/// More would let whoever chooses the key decide how long a check takes.
constexpr int most_rsa_bits = 8192;

/// Of the order of the curve P-256.
constexpr int number_bytes = 32;

/// From the form in tokens to the one that OpenSSL reads; empty when it is not of that form.
std::string der_of(std::string_view raw) {
  if (raw.size() != 2 * number_bytes)
    return {};
  big_number r{BN_bin2bn(bytes_of(raw), number_bytes, nullptr)};
  big_number s{BN_bin2bn(bytes_of(raw) + number_bytes, number_bytes, nullptr)};
  ecdsa_numbers numbers{ECDSA_SIG_new()};
  if (!r || !s || !numbers || ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1)
    return {};
  // They belong to the signature now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* begin = nullptr;
  auto length = i2d_ECDSA_SIG(numbers.get(), &begin);
  if (length <= 0)
    return {};
  std::string der{reinterpret_cast<const char*>(begin), static_cast<std::size_t>(length)};
  OPENSSL_free(begin);
  return der;
}

std::string raw_of(std::string_view der) {
  const auto* at = bytes_of(der);
  ecdsa_numbers numbers{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  if (!numbers)
    return {};
  std::array<unsigned char, 2 * number_bytes> raw{};
  if (BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), raw.data(), number_bytes) != number_bytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), raw.data() + number_bytes, number_bytes) !=
          number_bytes)
    return {};
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

/// RSA signs with PKCS #1 v1.5 unless told otherwise: say it, so that nobody has to know.
bool set_padding(EVP_PKEY_CTX* context, algorithm how) {
  return how != algorithm::rs256 || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
}

error unusable(std::string reason) {
  return {errc::invalid_argument, std::move(reason)};
}

result<void> check_rsa(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") != 1)
    return unusable("it is not an RSA key, which RS256 needs");
  auto bits = EVP_PKEY_get_bits(key);
  if (bits < least_rsa_bits || bits > most_rsa_bits)
    return unusable("an RSA key must have 2048 to 8192 bits, and this one has " +
                    std::to_string(bits) + "; make a new one");
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw);
  big_number exponent{raw};
  if (!exponent || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) != 0 ||
      BN_num_bits(exponent.get()) > 64)
    return unusable("its public exponent cannot be right; make a new one");
  return {};
}

result<void> check_ec(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1)
    return unusable("it is not an elliptic-curve key, which ES256 needs");
  std::array<char, 64> name{};
  std::size_t length = 0;
  auto known = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(),
                                              name.size(), &length);
  if (known != 1 || std::string_view{name.data(), length} != "prime256v1")
    return unusable("its curve is not P-256, which ES256 needs");
  return {};
}

} // namespace

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  own_errors guard;
  std::array<unsigned char, 32> code{};
  std::size_t length = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
                bytes_of(text), text.size(), code.data(), code.size(), &length) == nullptr)
    return {};
  return {reinterpret_cast<const char*>(code.data()), length};
}

bool is_same_signature(std::string_view expected, std::string_view given) {
  return !expected.empty() && expected.size() == given.size() &&
         CRYPTO_memcmp(expected.data(), given.data(), expected.size()) == 0;
}

bool is_signed_by(EVP_PKEY* public_key, algorithm how, std::string_view text,
                  std::string_view signature) {
  own_errors guard;
  std::string der;
  if (how == algorithm::es256) {
    der = der_of(signature);
    signature = der;
  }
  if (signature.empty())
    return false;
  digest_context context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* inside = nullptr;
  return context &&
         EVP_DigestVerifyInit(context.get(), &inside, EVP_sha256(), nullptr, public_key) == 1 &&
         set_padding(inside, how) &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

result<std::string> sign(EVP_PKEY* private_key, algorithm how, std::string_view text) {
  own_errors guard;
  error failed{errc::internal, "OpenSSL could not sign the token with the private key"};
  digest_context context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* inside = nullptr;
  std::size_t length = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), &inside, EVP_sha256(), nullptr, private_key) != 1 ||
      !set_padding(inside, how) ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes_of(text), text.size()) != 1)
    return failed;
  std::string signature(length, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     bytes_of(text), text.size()) != 1)
    return failed;
  signature.resize(length);
  if (how == algorithm::es256)
    signature = raw_of(signature);
  if (signature.empty())
    return failed;
  return signature;
}

result<void> check_key(const EVP_PKEY* key, algorithm how) {
  own_errors guard;
  return how == algorithm::rs256 ? check_rsa(key) : check_ec(key);
}

} // namespace mahavishnu::auth
