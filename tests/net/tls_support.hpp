// SPDX-License-Identifier: MIT
#pragma once

#include "support/raw_server.hpp"
#include "support/scratch.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <string>

namespace mahavishnu::test {

/// A certificate and the key that belongs to it.
struct identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;
};

/// What a certificate is for: names as OpenSSL writes them ("DNS:localhost,IP:127.0.0.1"), or an
/// authority when there are none.
struct identity_terms {
  std::string names;
  long valid_for_seconds = 3600;
};

inline void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Signed by the authority, or by itself.
inline identity make_identity(const identity_terms& terms, const identity* authority = nullptr) {
  identity made{{X509_new(), X509_free}, {EVP_EC_gen("P-256"), EVP_PKEY_free}};
  auto* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), authority ? 2 : 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), terms.valid_for_seconds);
  X509_set_pubkey(certificate, made.key.get());
  const auto* name = authority ? "test server" : "test authority";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  auto* issuer = authority ? authority->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (!authority)
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  if (!terms.names.empty())
    add_extension(certificate, issuer, NID_subject_alt_name, terms.names);
  X509_sign(certificate, authority ? authority->key.get() : made.key.get(), EVP_sha256());
  return made;
}

inline void write_certificate(const identity& of, const std::filesystem::path& file) {
  std::unique_ptr<BIO, int (*)(BIO*)> out{BIO_new_file(file.c_str(), "w"), BIO_free};
  PEM_write_bio_X509(out.get(), of.certificate.get());
}

/// Shows its certificate to every connection and answers every request with the name of the host
/// that the client has asked for.
class tls_server {
public:
  explicit tls_server(const identity& shown)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_use_certificate(context_.get(), shown.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), shown.key.get());
  }

  std::uint16_t port() const { return server_.port(); }
  std::string url(std::string_view host) const {
    return "https://" + std::string(host) + ':' + std::to_string(port()) + '/';
  }
  std::size_t connection_count() { return server_.connection_count(); }

private:
  void serve(raw_connection& connection) {
    std::unique_ptr<SSL, void (*)(SSL*)> session{SSL_new(context_.get()), SSL_free};
    SSL_set_fd(session.get(), connection.fd());
    if (SSL_accept(session.get()) != 1)
      return;
    const auto* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
    auto answer = raw_answer(name ? name : "no name");
    char bytes[4096];
    for (int count = 0; (count = SSL_read(session.get(), bytes, sizeof bytes)) > 0;) {
      std::string_view request{bytes, static_cast<std::size_t>(count)};
      if (request.starts_with("GET /surplus")) {
        answer_with_surplus(session.get(), connection.fd());
        continue;
      }
      if (request.starts_with("GET /cut"))
        answer = "HTTP/1.1 200 OK\r\n\r\nabc"; // and no farewell: an attacker may have cut it
      SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
      if (answer.ends_with("abc"))
        return;
    }
  }

  /// Two answers to one request, in records of their own that arrive together.
  static void answer_with_surplus(SSL* session, int fd) {
    auto cork = [fd](int on) { setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); };
    cork(1);
    for (const std::string& answer : {raw_answer("asked for"), raw_answer("surplus")})
      SSL_write(session, answer.data(), static_cast<int>(answer.size()));
    cork(0);
  }

  std::shared_ptr<SSL_CTX> context_;
  raw_server server_{[this](raw_connection& connection) { serve(connection); }};
};

} // namespace mahavishnu::test
