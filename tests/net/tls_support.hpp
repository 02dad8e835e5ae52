// SPDX-License-Identifier: MIT
#pragma once

#include "net/support.hpp"
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

inline void write_key(const identity& of, const std::filesystem::path& file,
                      std::string_view passphrase = {}) {
  std::unique_ptr<BIO, int (*)(BIO*)> out{BIO_new_file(file.c_str(), "w"), BIO_free};
  PEM_write_bio_PrivateKey(out.get(), of.key.get(),
                           passphrase.empty() ? nullptr : EVP_aes_128_cbc(),
                           reinterpret_cast<const unsigned char*>(passphrase.data()),
                           static_cast<int>(passphrase.size()), nullptr, nullptr);
}

/// What a client of TLS has that is not usual.
struct tls_terms {
  int most_version = TLS1_3_VERSION;
  /// What it speaks within TLS, each with its length before it.
  std::string protocols = {};
  /// Bytes that are sent at a time; 0: all.
  std::size_t step = 0;
  /// Of its socket; 0: the usual.
  int receive_buffer = 0;
};

/// A connection to a server with TLS, byte by byte. Trusts everybody, and says what it was shown.
class tls_client : public client {
public:
  explicit tls_client(std::uint16_t port, const tls_terms& terms = {})
      : client(loopback(port), terms.receive_buffer),
        step_(terms.step),
        context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        session_(nullptr, SSL_free) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), terms.most_version);
    if (terms.most_version < TLS1_2_VERSION) // or it would refuse by itself
      SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    session_.reset(SSL_new(context_.get()));
    if (!terms.protocols.empty())
      SSL_set_alpn_protos(session_.get(),
                          reinterpret_cast<const unsigned char*>(terms.protocols.data()),
                          static_cast<unsigned>(terms.protocols.size()));
    SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(session_.get());
  }

  /// False when it does not succeed; failure() says why.
  bool shake_hands() {
    return run([&] { return SSL_do_handshake(session_.get()); }) == 1;
  }
  /// The first bytes of a handshake, which are not sent.
  std::string first_words() {
    SSL_do_handshake(session_.get());
    return outgoing();
  }
  void send_as_they_are(std::string_view bytes) { send_raw(bytes); }

  /// Whether the server closes, whatever it sends before that; it is not listened to.
  bool is_cut() {
    char bytes[1024];
    ssize_t count = 0;
    while ((count = client::read_some(bytes)) > 0) {
    }
    return count == 0;
  }

  /// Sends that nothing more comes.
  void say_farewell() {
    SSL_shutdown(session_.get());
    send_raw(outgoing());
  }
  /// The server has said that nothing more comes.
  bool has_farewell() const {
    return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

  SSL* session() { return session_.get(); }
  const std::string& failure() const { return failure_; }
  std::string version() const { return SSL_get_version(session_.get()); }
  std::string protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(session_.get(), &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }
  bool was_shown(const identity& whose) const {
    std::unique_ptr<X509, void (*)(X509*)> shown{SSL_get1_peer_certificate(session_.get()),
                                                 X509_free};
    return shown && X509_cmp(shown.get(), whose.certificate.get()) == 0;
  }

protected:
  ssize_t write_some(std::string_view bytes) override {
    return run(
        [&] { return SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())); });
  }
  ssize_t read_some(std::span<char> room) override {
    return run(
        [&] { return SSL_read(session_.get(), room.data(), static_cast<int>(room.size())); });
  }

private:
  template <class Step>
  int run(Step step) {
    for (;;) {
      ERR_clear_error();
      auto code = step();
      auto reason = SSL_get_error(session_.get(), code);
      if (reason == SSL_ERROR_SSL && failure_.empty()) {
        const auto* text = ERR_reason_error_string(ERR_peek_error());
        failure_ = text ? text : "?";
      }
      send_raw(outgoing());
      if (code > 0 || reason != SSL_ERROR_WANT_READ)
        return code;
      char bytes[16384];
      auto count = client::read_some(bytes);
      if (count <= 0)
        return 0;
      BIO_write(SSL_get_rbio(session_.get()), bytes, static_cast<int>(count));
    }
  }

  std::string outgoing() {
    auto* out = SSL_get_wbio(session_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  void send_raw(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = client::write_some(step_ == 0 ? bytes : bytes.substr(0, step_));
      if (count <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  std::size_t step_;
  std::string failure_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
};

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
