// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_server.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/events.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace mahavishnu::test {

using net::http_handler;
using net::http_options;
using net::http_request;
using net::http_response;
using net::http_server;
using reply_function = std::function<void(http_response)>;

inline std::unique_ptr<http_server> open_server(http_handler handler, http_options options = {}) {
  auto server = http_server::start(std::move(options), std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

/// Hands the reply to the only request to the test.
inline http_handler keep_reply(std::promise<reply_function>& kept) {
  return [&kept](http_request, reply_function reply) { kept.set_value(std::move(reply)); };
}

/// Answers with what was asked.
inline void echo(http_request request, reply_function reply) {
  http_response response;
  response.content_type = "text/plain";
  response.body = request.method + ' ' + request.target + ' ' + request.body;
  reply(std::move(response));
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A connection to a server, byte by byte. Throws where it fails, since Catch2's own checks are for
/// the main thread only.
class client {
public:
  explicit client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    must(fd_ >= 0, "socket");
    timeval limit{deadline.count(), 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    auto address = loopback(port);
    must(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
  }
  client(const client&) = delete;
  ~client() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  /// Stops quietly when the server no longer takes anything.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// The next answer, head and body; empty when the server has closed instead.
  std::string receive(bool without_body = false) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!receive_more())
        return std::exchange(received_, {});
    auto size = end + 4;
    auto at = received_.find("Content-Length: ");
    if (!without_body && at < end)
      size += std::strtoul(received_.c_str() + at + 16, nullptr, 10);
    while (received_.size() < size)
      if (!receive_more())
        break;
    auto answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }

  /// Whether the server closes the connection and sends nothing more.
  bool is_closed_by_server() { return received_.empty() && !receive_more(); }

private:
  static void must(bool succeed, const char* what) {
    if (!succeed)
      throw std::runtime_error(std::string("client: no ") + what);
  }

  bool receive_more() {
    char bytes[16384];
    auto count = recv(fd_, bytes, sizeof bytes, 0);
    must(count >= 0 || errno != EAGAIN, "an answer before the deadline");
    if (count <= 0)
      return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  std::string received_;
};

inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

inline std::string post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

inline bool has_status(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + ' ');
}

inline std::string body_of(const std::string& answer) {
  auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

} // namespace mahavishnu::test
