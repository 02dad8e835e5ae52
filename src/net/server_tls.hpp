// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles OpenSSL.

#include <mahavishnu/base/error.hpp>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mahavishnu::net {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using tls_context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using tls_session = std::unique_ptr<SSL, freed_by<SSL_free>>;

/// TLS of a server: its certificate and the key that belongs to it, from files that may be replaced
/// while it runs. Used on the server's thread only.
class server_tls {
public:
  struct files {
    std::string certificate;
    std::string key;
  };
  using note = std::function<void(std::string_view text, bool is_trouble)>;

  /// `note` hears of certificates that came later.
  static result<std::unique_ptr<server_tls>> load(files from, note say);

  /// For a connection that has just been accepted. With what the files have now, if that is any
  /// good, and otherwise with what they had. Throws when there is no memory.
  tls_session open(int connection);

  /// The end of the time of the certificate that was loaded.
  const ASN1_TIME* valid_until() const {
    return X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get()));
  }

private:
  using clock = std::chrono::steady_clock;

  /// What changes when a file does.
  struct stamp {
    ::dev_t device = 0;
    ::ino_t inode = 0;
    ::off_t size = -1;
    std::array<std::int64_t, 2> modified{};
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  using stamps = std::array<stamp, 2>;

  server_tls(files from, note say) : files_(std::move(from)), say_(std::move(say)) {}

  static stamp stamp_of(const std::string& file);
  stamps look() const { return {stamp_of(files_.certificate), stamp_of(files_.key)}; }
  void renew();

  const files files_;
  const note say_;
  tls_context context_;
  stamps seen_;
  clock::time_point looked_at_ = clock::now();
};

} // namespace mahavishnu::net
