// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

namespace mahavishnu::auth {

/// For the things of OpenSSL in a std::unique_ptr.
template <auto Free>
struct openssl_free {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};

using evp_key = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;

/// What fails here leaves nothing behind in the errors of the thread, where a TLS connection would
/// take it for its own.
class own_errors {
public:
  own_errors() { ERR_set_mark(); }
  ~own_errors() { ERR_pop_to_mark(); }
  own_errors(const own_errors&) = delete;
  own_errors& operator=(const own_errors&) = delete;
};

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace mahavishnu::auth
