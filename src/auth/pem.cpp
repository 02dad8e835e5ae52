// SPDX-License-Identifier: MIT
#include "auth/pem.hpp"

#include "auth/signatures.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>

namespace mahavishnu::auth {

namespace {

using memory_reader = std::unique_ptr<BIO, openssl_free<BIO_free>>;

constexpr std::string_view public_begin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view public_end = "-----END PUBLIC KEY-----";

/// So much is no list of keys any more.
constexpr std::size_t most_bytes = 256 * 1024;
constexpr std::size_t most_keys = 64;

/// Without it, OpenSSL asks for the password of a key on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

error unusable(std::string reason) {
  return {errc::invalid_argument, std::move(reason)};
}

memory_reader reader_of(std::string_view text) {
  return memory_reader{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

evp_key public_key_of(std::string_view block) {
  auto reader = reader_of(block);
  return evp_key{reader ? PEM_read_bio_PUBKEY(reader.get(), nullptr, no_password, nullptr)
                        : nullptr};
}

} // namespace

bool is_pem(std::string_view text) {
  return text.find("-----BEGIN ") != std::string_view::npos;
}

result<std::vector<evp_key>> public_keys_of_pem(std::string_view text, algorithm how) {
  own_errors guard;
  if (text.size() > most_bytes)
    return unusable("it is longer than 256 KiB; keep only the keys that are needed");
  if (text.find("PRIVATE KEY-----") != std::string_view::npos)
    return unusable("there is a private key in it, and tokens are checked with public ones; make "
                    "one of it with: openssl pkey -in KEY -pubout");
  std::vector<evp_key> keys;
  for (auto begin = text.find(public_begin); begin != std::string_view::npos;
       begin = text.find(public_begin, begin)) {
    auto end = text.find(public_end, begin);
    if (end == std::string_view::npos)
      return unusable("the end of a public key is missing");
    end += public_end.size();
    auto key = public_key_of(text.substr(begin, end - begin));
    if (!key)
      return unusable("what stands between BEGIN PUBLIC KEY and END PUBLIC KEY is no key");
    if (auto good = check_key(key.get(), how); !good)
      return good.error();
    keys.push_back(std::move(key));
    if (keys.size() > most_keys)
      return unusable("there are more than 64 keys in it; keep only those that are needed");
    begin = end;
  }
  if (keys.empty())
    return unusable(
        "there is no '" + std::string{public_begin} +
        "' in it; of a certificate make one with: openssl x509 -in CERT -pubkey -noout");
  return keys;
}

result<evp_key> private_key_of_pem(std::string_view text, algorithm how) {
  own_errors guard;
  if (text.size() > most_bytes)
    return unusable("it is longer than 256 KiB");
  auto reader = reader_of(text);
  evp_key key{reader ? PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr)
                     : nullptr};
  if (!key)
    return unusable("there is no private key in PEM in it, or it has a password; take that away "
                    "with: openssl pkey -in KEY -out NEW");
  if (auto good = check_key(key.get(), how); !good)
    return good.error();
  return key;
}

} // namespace mahavishnu::auth
