// SPDX-License-Identifier: MIT
#include "net/client_connection.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>

namespace mahavishnu::net {

namespace asio = boost::asio;
using asio::ip::tcp;

void client_connection::resolve(const url& where, handler done) {
  error_code no_address;
  auto address = asio::ip::make_address(where.host, no_address);
  if (!no_address) {
    tcp::endpoint endpoint{address, where.port};
    endpoints_ = tcp::resolver::results_type::create(endpoint, where.host, "");
    asio::post(socket_.get_executor(), [done = std::move(done)] { done({}); });
    return;
  }
  resolver_.async_resolve(where.host, std::to_string(where.port), tcp::resolver::numeric_service,
                          [self = shared_from_this(), done = std::move(done)](
                              error_code failure, tcp::resolver::results_type found) {
                            self->endpoints_ = std::move(found);
                            done(failure);
                          });
}

void client_connection::connect(handler done) {
  asio::async_connect(socket_, endpoints_,
                      [self = shared_from_this(), done = std::move(done)](error_code failure,
                                                                          const tcp::endpoint&) {
                        error_code ignored;
                        if (!failure)
                          self->socket_.set_option(tcp::no_delay(true), ignored);
                        done(failure);
                      });
}

void client_connection::secure(asio::ssl::context& context, const url& where, handler done) {
  tls_.emplace(socket_, context);
  auto* session = tls_->native_handle();
  error_code no_address;
  asio::ip::make_address(where.host, no_address);
  // A name is told to the server, which may have several; an address may not be.
  bool prepared =
      no_address ? SSL_set_tlsext_host_name(session, where.host.c_str()) == 1 &&
                       SSL_set1_host(session, where.host.c_str()) == 1
                 : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), where.host.c_str()) == 1;
  if (!prepared) {
    error_code failure{static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
    asio::post(socket_.get_executor(), [failure, done = std::move(done)] { done(failure); });
    return;
  }
  tls_->set_verify_mode(asio::ssl::verify_peer);
  tls_->async_handshake(
      asio::ssl::stream_base::client,
      [self = shared_from_this(), done = std::move(done)](error_code failure) { done(failure); });
}

void client_connection::write(const std::string& head, const std::string& body, handler done) {
  std::array<asio::const_buffer, 2> pieces{asio::buffer(head), asio::buffer(body)};
  auto written = [self = shared_from_this(),
                  done = std::move(done)](error_code failure, std::size_t) { done(failure); };
  with_stream([&](auto& stream) { asio::async_write(stream, pieces, std::move(written)); });
}

std::string client_connection::verification_failure() const {
  if (!tls_)
    return {};
  // asio's stream has no const access to what it wraps.
  auto* session = const_cast<asio::ssl::stream<tcp::socket&>&>(*tls_).native_handle();
  auto found = SSL_get_verify_result(session);
  return found == X509_V_OK ? std::string{} : X509_verify_cert_error_string(found);
}

bool client_connection::is_quiet() {
  // Of TLS, asio takes in more than it is asked for.
  if (tls_) {
    auto* session = tls_->native_handle();
    if (SSL_pending(session) > 0 || BIO_pending(SSL_get_rbio(session)) > 0)
      return false;
  }
  char byte = 0;
  auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void client_connection::close() {
  // Without a farewell of TLS: every answer says itself where it ends.
  error_code ignored;
  resolver_.cancel();
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

} // namespace mahavishnu::net
