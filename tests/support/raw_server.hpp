// SPDX-License-Identifier: MIT
#pragma once

#include "support/events.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace mahavishnu::test {

/// One end of a connection, for a test that plays the server byte by byte.
class raw_connection {
public:
  explicit raw_connection(int fd) : fd_(fd) {}

  /// The next request, head and body; empty when the client has closed instead.
  std::string receive() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!receive_more())
        return {};
    auto size = end + 4;
    auto at = received_.find("Content-Length: ");
    if (at < end)
      size += std::strtoul(received_.c_str() + at + 16, nullptr, 10);
    while (received_.size() < size)
      if (!receive_more())
        return {};
    auto request = received_.substr(0, size);
    received_.erase(0, size);
    return request;
  }

  /// False once the client takes nothing more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Waits until the client closes, or the server ends.
  void wait_for_close() {
    while (receive_more())
      received_.clear();
  }

  int fd() const { return fd_; }

private:
  bool receive_more() {
    char bytes[16384];
    auto count = recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0)
      return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int fd_;
  std::string received_;
};

/// A socket with a free port of 127.0.0.1, on which nobody listens yet.
inline int bind_to_free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("bind_to_free_port: cannot bind");
  return fd;
}

inline std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("port_of: no address");
  return ntohs(address.sin_port);
}

/// Listens on a free port of 127.0.0.1; every connection is served by the script, in a thread of
/// its own, and closed when that returns.
class raw_server {
public:
  using script = std::function<void(raw_connection&)>;

  explicit raw_server(script serve, int bound = bind_to_free_port())
      : serve_(std::move(serve)), fd_(bound), port_(port_of(bound)) {
    if (listen(fd_, 64) != 0)
      throw std::runtime_error("raw_server: cannot listen");
    acceptor_ = std::thread([this] { accept_all(); });
  }
  raw_server(const raw_server&) = delete;
  ~raw_server() {
    shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard guard{mutex_};
      for (auto& one : connections_)
        if (one.fd >= 0)
          shutdown(one.fd, SHUT_RDWR);
    }
    for (auto& one : connections_)
      one.thread.join();
    ::close(fd_);
  }

  /// Whoever comes now is refused; connections that are open stay.
  void stop_listening() { shutdown(fd_, SHUT_RDWR); }

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }
  /// So far.
  std::size_t connection_count() {
    std::lock_guard guard{mutex_};
    return connections_.size();
  }

  /// Those of which this end is not closed.
  std::size_t open_connections() {
    std::lock_guard guard{mutex_};
    return static_cast<std::size_t>(
        std::ranges::count_if(connections_, [](const served& one) { return one.fd >= 0; }));
  }

private:
  struct served {
    int fd;
    std::thread thread;
  };

  void accept_all() {
    for (;;) {
      int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0)
        return;
      std::lock_guard guard{mutex_};
      auto& one = connections_.emplace_back(served{fd, {}});
      one.thread = std::thread([this, &one, fd] {
        raw_connection connection{fd};
        serve_(connection);
        std::lock_guard closing{mutex_};
        one.fd = -1;
        ::close(fd);
      });
    }
  }

  script serve_;
  int fd_;
  std::uint16_t port_;
  std::mutex mutex_;
  std::list<served> connections_;
  std::thread acceptor_;
};

/// A whole answer with a body of known length.
inline std::string raw_answer(std::string_view body, std::string_view type = "application/json",
                              std::string_view status = "200 OK", std::string_view headers = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) +
         "\r\n" + std::string(body);
}

} // namespace mahavishnu::test
