// SPDX-License-Identifier: MIT
#include "net/http_server.hpp"

#include "net/http_core.hpp"
#include "net/http_session.hpp"
#include "net/io_thread.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace mahavishnu::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds time_to_drain{2};
/// After an accept that failed: a lack of descriptors does not pass by asking at once again.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::string_view busy_answer = "HTTP/1.1 503 Service Unavailable\r\n"
                                         "Retry-After: 1\r\n"
                                         "Content-Length: 0\r\n"
                                         "Connection: close\r\n\r\n";

std::string name_of(const http_options& options) {
  auto is_v6 = options.host.find(':') != std::string::npos;
  return (is_v6 ? '[' + options.host + ']' : options.host) + ':' + std::to_string(options.port);
}

error explain_listen_failure(const http_options& options, error_code failure) {
  auto text = "cannot listen on " + name_of(options) + ": ";
  if (failure == asio::error::address_in_use)
    text +=
        "the port is in use; stop the program that uses it, set mcp.port to a free one, or give "
        "--port 0 for any free one";
  else if (failure == asio::error::access_denied)
    text += "permission denied; set mcp.port to a port above 1023";
  else if (failure == error_code(EADDRNOTAVAIL, boost::system::system_category()))
    text += "this machine has no such address; set mcp.host to one that it has";
  else
    text += failure.message() + "; look at mcp.host, mcp.port and the limit on open files";
  return {errc::io_failed, std::move(text)};
}

result<void> check(const http_options& options) {
  auto refuse = [](std::string text) { return error{errc::invalid_settings, std::move(text)}; };
  if (options.request_timeout.count() < 1 ||
      (options.reply_timeout && options.reply_timeout->count() < 1) ||
      (options.idle_timeout && options.idle_timeout->count() < 1))
    return refuse("a time-out of the HTTP server is shorter than a second; raise it");
  if (options.max_connections == 0)
    return refuse("the HTTP server may have no connection at all; raise the number");
  if (options.max_header_bytes < 256 || options.max_header_bytes > (1u << 24))
    return refuse("the limit on HTTP headers is not between 256 bytes and 16 MiB; change it");
  if (options.max_headers == 0 || options.max_url_bytes == 0)
    return refuse("the HTTP server may take no header or no URL at all; raise the limit");
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return refuse("the HTTP server has a certificate or a key of TLS, but not both; set "
                  "mcp.tls_certificate and mcp.tls_key, or neither");
  return {};
}

} // namespace

/// Everything that lives on the server's thread, and that thread.
struct http_server::impl {
  impl(http_options options, http_handler handler)
      : core(std::make_shared<http_core>(std::move(options), std::move(handler))) {}

  result<void> load_certificate();
  result<void> listen();
  result<void> start_thread();
  void accept();
  void on_accept(error_code failure, tcp::socket socket);
  std::vector<std::shared_ptr<http_session>> open_sessions() const;
  void drain();
  void stop();

  std::shared_ptr<http_core> core;
  tcp::acceptor acceptor{core->context};
  asio::steady_timer retry_timer{core->context};
  asio::steady_timer drain_timer{core->context};
  std::uint16_t port = 0;
  bool is_loopback = false;
  std::mutex stop_mutex;
  std::thread thread;
};

result<void> http_server::impl::load_certificate() {
  const auto& options = core->options;
  if (options.tls_certificate.empty())
    return {};
  auto loaded = server_tls::load({options.tls_certificate, options.tls_key}, options.note);
  if (!loaded)
    return loaded.error();
  core->tls = std::move(*loaded);
  return {};
}

result<void> http_server::impl::listen() {
  const auto& options = core->options;
  error_code failure;
  auto address =
      asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, failure);
  if (failure)
    return error{errc::invalid_settings, "cannot listen on '" + options.host +
                                             "': it is no address; set mcp.host to a numeric "
                                             "address such as 127.0.0.1, or to localhost"};
  tcp::endpoint endpoint{address, options.port};
  acceptor.open(endpoint.protocol(), failure);
  if (!failure)
    acceptor.set_option(asio::socket_base::reuse_address(true), failure);
  if (!failure)
    acceptor.bind(endpoint, failure);
  if (!failure)
    acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (!failure)
    port = acceptor.local_endpoint(failure).port();
  if (failure)
    return explain_listen_failure(options, failure);
  is_loopback = address.is_loopback();
  core->on_drained = [this] { drain_timer.cancel(); };
  accept();
  return {};
}

result<void> http_server::impl::start_thread() {
  return start_io_thread(thread, core->context, "HTTP server");
}

void http_server::impl::accept() {
  acceptor.async_accept(
      [this](error_code failure, tcp::socket socket) { on_accept(failure, std::move(socket)); });
}

void http_server::impl::on_accept(error_code failure, tcp::socket socket) {
  if (core->stopping)
    return;
  if (failure && failure != asio::error::connection_aborted) {
    retry_timer.expires_after(accept_pause);
    retry_timer.async_wait([this](error_code cancelled) {
      if (!cancelled && !core->stopping)
        accept();
    });
    return;
  }
  accept(); // first: whatever happens to this connection, the next one is taken
  if (failure)
    return;
  error_code ignored;
  if (core->sessions.size() < core->options.max_connections) {
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<http_session>(core, std::move(socket))->start();
  } else if (!core->tls) {
    // A fresh socket has room for so little, and this must not wait.
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(busy_answer), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }
}

std::vector<std::shared_ptr<http_session>> http_server::impl::open_sessions() const {
  // A copy: a session that closes takes itself out of the set.
  return {core->sessions.begin(), core->sessions.end()};
}

void http_server::impl::drain() {
  core->stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  retry_timer.cancel();
  for (const auto& session : open_sessions())
    session->drain();
  if (core->sessions.empty())
    return;
  drain_timer.expires_after(time_to_drain);
  drain_timer.async_wait([this](error_code cancelled) {
    if (!cancelled)
      for (const auto& session : open_sessions())
        session->close();
  });
}

void http_server::impl::stop() {
  std::lock_guard guard{stop_mutex};
  if (!thread.joinable())
    return;
  asio::post(core->context, [this] { drain(); });
  thread.join();
  core->end();
}

http_server::http_server(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

http_server::~http_server() {
  stop();
}

result<std::unique_ptr<http_server>> http_server::start(http_options options,
                                                        http_handler handler) {
  if (auto checked = check(options); !checked)
    return checked.error();
  std::unique_ptr<impl> state;
  try {
    state = std::make_unique<impl>(std::move(options), std::move(handler));
  } catch (const boost::system::system_error& failure) {
    return error{errc::io_failed, std::string("cannot prepare the HTTP server: ") + failure.what() +
                                      "; raise the limit on open files (ulimit -n)"};
  }
  if (auto loaded = state->load_certificate(); !loaded)
    return loaded.error();
  if (auto listening = state->listen(); !listening)
    return listening.error();
  if (auto started = state->start_thread(); !started)
    return started.error();
  return std::unique_ptr<http_server>(new http_server(std::move(state)));
}

std::uint16_t http_server::port() const {
  return impl_->port;
}

bool http_server::is_loopback() const {
  return impl_->is_loopback;
}

std::size_t http_server::connections() const {
  std::promise<std::size_t> count;
  impl_->core->run_soon([&] { count.set_value(impl_->core->sessions.size()); });
  return count.get_future().get();
}

void http_server::stop() {
  impl_->stop();
}

} // namespace mahavishnu::net
