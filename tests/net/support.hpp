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

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>

namespace mahavishnu::test {

using net::http_answer;
using net::http_handler;
using net::http_options;
using net::http_peer;
using net::http_request;
using net::http_response;
using net::http_server;

inline std::unique_ptr<http_server> open_server(http_handler handler, http_options options = {}) {
  auto server = http_server::start(std::move(options), std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

/// Hands the reply to the only request to the test.
inline http_handler keep_answer(std::promise<http_answer>& kept) {
  return [&kept](http_request, http_answer answer) { kept.set_value(std::move(answer)); };
}

/// Hands the requests to the test, one after the other. Lives longer than its server.
class inbox {
public:
  struct entry {
    http_request request;
    http_answer answer;
  };

  http_handler handler() {
    return [this](http_request request, http_answer answer) {
      std::lock_guard guard{mutex_};
      entries_.push_back({std::move(request), std::move(answer)});
      arrived_.notify_one();
    };
  }

  entry next() {
    std::unique_lock lock{mutex_};
    if (!arrived_.wait_for(lock, deadline, [this] { return !entries_.empty(); }))
      throw std::runtime_error("inbox: no request before the deadline");
    auto first = std::move(entries_.front());
    entries_.pop_front();
    return first;
  }

  bool is_empty() {
    std::lock_guard guard{mutex_};
    return entries_.empty();
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<entry> entries_;
};

/// What is told at most once, and waited for.
class happening {
public:
  std::function<void()> callback() const {
    return [state = state_] {
      if (state->count++ == 0)
        state->promise.set_value();
    };
  }
  /// False when it does not happen before the deadline.
  bool comes() const { return future_.wait_for(deadline) == std::future_status::ready; }
  int count() const { return state_->count; }

private:
  // Shared with the callbacks: one that has just told it may still be busy with that.
  struct state {
    std::atomic<int> count{0};
    std::promise<void> promise;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
  std::future<void> future_ = state_->promise.get_future();
};

inline http_response text(std::string body) {
  http_response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

/// Answers with what was asked.
inline void echo(http_request request, http_answer answer) {
  http_response response;
  response.content_type = "text/plain";
  response.body = request.method + ' ' + request.target + ' ' + request.body;
  answer.reply(std::move(response));
}

inline sockaddr_in6 loopback_v6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return address;
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
  explicit client(std::uint16_t port) : client(loopback(port)) {}

  /// `receive_buffer`: for a client that does not read to be noticed soon; 0: the usual.
  template <class Address>
  explicit client(const Address& address, int receive_buffer = 0)
      : fd_(::socket(reinterpret_cast<const sockaddr&>(address).sa_family,
                     SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    must(fd_ >= 0, "socket");
    timeval limit{deadline.count(), 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0)
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    must(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  }
  client(const client&) = delete;
  virtual ~client() { close(); }

  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }

  /// Closes so that the server hears of it as a failure.
  void reset() {
    linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  /// Nothing more will be sent, but an answer is taken.
  void say_no_more() { shutdown(fd_, SHUT_WR); }

  std::uint16_t own_port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    must(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "name");
    return ntohs(address.sin_port);
  }

  /// Stops quietly when the server no longer takes anything.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = write_some(bytes);
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

  /// What comes until this text, with it; or until the server closes.
  std::string receive_through(std::string_view last) {
    std::size_t at = 0;
    std::size_t seen = 0;
    while ((at = received_.find(last, seen)) == std::string::npos) {
      seen = received_.size() - std::min(received_.size(), last.size());
      if (!receive_more())
        return std::exchange(received_, {});
    }
    auto part = received_.substr(0, at + last.size());
    received_.erase(0, part.size());
    return part;
  }

  /// Until the server closes.
  std::string receive_all() {
    while (receive_more()) {
    }
    return std::exchange(received_, {});
  }

  /// Whether the server closes the connection and sends nothing more.
  bool is_closed_by_server() { return received_.empty() && !receive_more(); }

protected:
  static void must(bool succeed, const char* what) {
    if (!succeed)
      throw std::runtime_error(std::string("client: no ") + what);
  }

  /// As send() and recv() do it.
  virtual ssize_t write_some(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  virtual ssize_t read_some(std::span<char> room) {
    auto count = ::recv(fd_, room.data(), room.size(), 0);
    must(count >= 0 || errno != EAGAIN, "an answer before the deadline");
    return count;
  }

private:
  bool receive_more() {
    char bytes[16384];
    auto count = read_some(bytes);
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

/// Opens a stream for the only request of a client, which has taken the head of the answer.
inline http_answer open_stream(client& one, inbox& requests, std::string first = {},
                               std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n") {
  one.send(request);
  auto answer = requests.next().answer;
  answer.begin(text(std::move(first)));
  one.receive(true);
  return answer;
}

/// The content of a body that came in chunks; up to where it is no such body.
inline std::string unchunked(std::string_view chunks) {
  std::string body;
  for (;;) {
    auto line = chunks.find("\r\n");
    if (line == std::string_view::npos)
      return body;
    auto size = std::strtoul(std::string{chunks.substr(0, line)}.c_str(), nullptr, 16);
    if (size == 0 || chunks.size() < line + 2 + size)
      return body;
    body += chunks.substr(line + 2, size);
    chunks.remove_prefix(std::min(chunks.size(), line + 2 + size + 2));
  }
}

inline bool has_status(const std::string& answer, int status) {
  return answer.starts_with("HTTP/1.1 " + std::to_string(status) + ' ');
}

inline std::string body_of(const std::string& answer) {
  auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

} // namespace mahavishnu::test
