// SPDX-License-Identifier: MIT
#include "net/server_tls.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace mahavishnu::net {

namespace {

using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

/// More is no certificate, however many others it was signed by.
constexpr std::size_t most_bytes = std::size_t{1} << 20;
/// Between two looks at the files: connections that come in quick succession need not cost one
/// each.
constexpr std::chrono::milliseconds look_pause{500};

error unusable(std::string_view what, const std::string& file, std::string_view reason,
               std::string_view fix) {
  std::string text{"cannot use the "};
  text.append(what).append(" of the HTTP server in '").append(file).append("': ");
  return {errc::invalid_settings, text.append(reason).append("; ").append(fix)};
}

constexpr std::string_view certificate_fix =
    "set mcp.tls_certificate to a file in PEM with the certificate, and behind it those that it "
    "was signed with";
constexpr std::string_view key_fix =
    "set mcp.tls_key to a file in PEM with the private key, without a passphrase";

std::string system_text(int code) {
  return std::generic_category().message(code);
}

/// The reason of OpenSSL's oldest error, and forgets the others.
std::string library_text() {
  const auto* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason ? reason : "OpenSSL does not say why";
}

/// The text of a regular file; the error is only the reason.
result<std::string> text_of(const std::string& file) {
  auto refuse = [](std::string reason) { return error{errc::io_failed, std::move(reason)}; };
  // A pipe without a writer must not stop us.
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return refuse(system_text(errno));
  struct closer {
    int fd;
    ~closer() { ::close(fd); }
  } const closed_at_end{fd};
  struct stat facts {};
  if (::fstat(fd, &facts) != 0)
    return refuse(system_text(errno));
  if (!S_ISREG(facts.st_mode))
    return refuse("it is no file");
  if (facts.st_size > static_cast<off_t>(most_bytes))
    return refuse("it is larger than 1 MiB");
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  auto count = ::read(fd, text.data(), text.size());
  if (count < 0)
    return refuse(system_text(errno));
  text.resize(static_cast<std::size_t>(count));
  return text;
}

bio reader_of(const std::string& text) {
  return bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Asked for the passphrase of a key. Without this, OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

result<void> take_certificates(SSL_CTX* context, const std::string& file) {
  auto refuse = [&](std::string_view reason) {
    return unusable("certificate", file, reason, certificate_fix);
  };
  auto text = text_of(file);
  if (!text)
    return refuse(text.error().message);
  auto reader = reader_of(*text);
  certificate own{PEM_read_bio_X509_AUX(reader.get(), nullptr, no_passphrase, nullptr)};
  if (!own)
    return refuse("there is no certificate in it (" + library_text() + ")");
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return refuse(library_text());
  for (;;) {
    certificate next{PEM_read_bio_X509(reader.get(), nullptr, no_passphrase, nullptr)};
    if (!next)
      break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1)
      return refuse(library_text());
    next.release(); // NOLINT(bugprone-unused-return-value): it is the context's now
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return refuse("a certificate behind the first is broken (" + library_text() + ")");
  ERR_clear_error();
  return {};
}

result<void> take_key(SSL_CTX* context, const server_tls::files& from) {
  auto refuse = [&](std::string_view reason, std::string_view fix = key_fix) {
    return unusable("key", from.key, reason, fix);
  };
  auto text = text_of(from.key);
  if (!text)
    return refuse(text.error().message);
  private_key key{PEM_read_bio_PrivateKey(reader_of(*text).get(), nullptr, no_passphrase, nullptr)};
  OPENSSL_cleanse(text->data(), text->size());
  if (!key)
    return refuse("there is no private key in it that can be read without a passphrase (" +
                  library_text() + ")");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return refuse("it does not belong to the certificate in '" + from.certificate + "'",
                  "give mcp.tls_certificate and mcp.tls_key files that were made together");
  }
  return {};
}

/// HTTP/1.1 for those who say what they speak, and nothing for those who do not speak it.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  constexpr std::string_view ours{"\x08http/1.1"};
  unsigned char* found = nullptr;
  auto said =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  *chosen = found;
  return said == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A client that begins a new handshake has been told that there is none. OpenSSL goes on reading
/// within the same call, and one that does nothing else would keep it there.
void end_after_refusal(const SSL* session, int where, int alert) {
  if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT &&
      (alert & 0xff) == SSL_AD_NO_RENEGOTIATION)
    ::shutdown(SSL_get_fd(session), SHUT_RDWR);
}

result<tls_context> make_context(const server_tls::files& from) {
  ERR_clear_error();
  tls_context made{SSL_CTX_new(TLS_server_method())};
  auto* context = made.get();
  // Of TLS 1.2 only what keeps old connections secret when the key is stolen later.
  if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return error{errc::io_failed, "cannot prepare TLS: " + library_text() +
                                      "; look at the configuration of OpenSSL"};
  // An end without a farewell is one like any other: every request says itself where it ends.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Or a client that only ever changes its keys would keep us within one call.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  // Clients keep what lets them come back sooner, in a ticket; we keep nothing of them.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_info_callback(context, end_after_refusal);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (auto taken = take_certificates(context, from.certificate); !taken)
    return taken.error();
  if (auto taken = take_key(context, from); !taken)
    return taken.error();
  return made;
}

} // namespace

result<std::unique_ptr<server_tls>> server_tls::load(files from, note say) {
  std::unique_ptr<server_tls> made{new server_tls(std::move(from), std::move(say))};
  made->seen_ = made->look();
  auto context = make_context(made->files_);
  if (!context)
    return context.error();
  made->context_ = std::move(*context);
  return made;
}

tls_session server_tls::open(int connection) {
  if (auto now = clock::now(); now - looked_at_ >= look_pause) {
    looked_at_ = now;
    renew();
  }
  tls_session session{SSL_new(context_.get())};
  if (!session || SSL_set_fd(session.get(), connection) != 1)
    throw std::bad_alloc{};
  SSL_set_accept_state(session.get());
  return session;
}

server_tls::stamp server_tls::stamp_of(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0)
    return {};
  return {facts.st_dev, facts.st_ino, facts.st_size, {facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec}};
}

void server_tls::renew() {
  auto found = look();
  if (found == seen_)
    return;
  seen_ = found; // before they are read: what changes from here on is seen the next time
  auto context = make_context(files_);
  if (context)
    context_ = std::move(*context);
  if (!say_)
    return;
  if (context)
    say_("there is a new certificate in '" + files_.certificate + "'", false);
  else
    say_("TLS goes on with the certificate that it had: " + context.error().message, true);
}

} // namespace mahavishnu::net
