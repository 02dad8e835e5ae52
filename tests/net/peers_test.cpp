// SPDX-License-Identifier: MIT
#include "net/peer_user.hpp"
#include "net/support.hpp"

#include <sys/fsuid.h>

#include <iostream>

using namespace mahavishnu;
using namespace mahavishnu::test;

namespace {

/// A socket that is closed at the end.
struct descriptor {
  explicit descriptor(int opened) : fd(opened) {}
  descriptor(const descriptor&) = delete;
  ~descriptor() { close(); }
  void close() {
    if (fd >= 0)
      ::close(std::exchange(fd, -1));
  }
  int fd;
};

/// Listens at this address, which then has a port.
template <class Address>
int listen_at(Address& address) {
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  int fd = ::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof address;
  if (bind(fd, generic, size) != 0 || listen(fd, 8) != 0 || getsockname(fd, generic, &size) != 0)
    throw std::runtime_error("cannot listen");
  return fd;
}

template <class Address>
int connect_to(const Address& address) {
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  int fd = ::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, generic, sizeof address) != 0)
    throw std::runtime_error("cannot connect");
  return fd;
}

bool has_v6() {
  descriptor probe{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto address = loopback_v6(0);
  if (probe.fd >= 0 && bind(probe.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return true;
  std::cout << "SKIPPED: this machine has no IPv6 loopback address\n";
  return false;
}

int accept_one(const descriptor& listening) {
  return accept4(listening.fd, nullptr, nullptr, SOCK_CLOEXEC);
}

http_peer peer_of(http_options options, client (*connect)(std::uint16_t), std::uint16_t& port) {
  inbox requests;
  auto server = open_server(requests.handler(), std::move(options));
  auto one = connect(server->port());
  port = one.own_port();
  http_peer first;
  for (int i = 0; i < 2; ++i) {
    one.send(get("/"));
    auto [request, answer] = requests.next();
    if (i == 0)
      first = request.peer;
    CHECK(request.peer.address == first.address);
    CHECK(request.peer.user == first.user);
    answer.reply({});
    CHECK(has_status(one.receive(), 200));
  }
  return first;
}

client connect_v4(std::uint16_t port) {
  return client{port};
}

client connect_v6(std::uint16_t port) {
  return client{loopback_v6(port)};
}

} // namespace

TEST_CASE("a request says from where it comes") {
  std::uint16_t port = 0;
  auto peer = peer_of({}, connect_v4, port);
  CHECK(peer.address == "127.0.0.1");
  CHECK(peer.port == port);
  CHECK(peer.is_loopback);
  CHECK_FALSE(peer.user.has_value()); // nobody has asked for it
}

TEST_CASE("a request says whose it is, over IPv4 and IPv6") {
  std::uint16_t port = 0;
  http_options options;
  options.find_peer_user = true;
  CHECK(peer_of(options, connect_v4, port).user == ::geteuid());
  if (!has_v6())
    return;
  options.host = "::1";
  auto peer = peer_of(options, connect_v6, port);
  CHECK(peer.address == "::1");
  CHECK(peer.port == port);
  CHECK(peer.is_loopback);
  CHECK(peer.user == ::geteuid());
}

TEST_CASE("a server for both protocols names a client of IPv4 by its own address") {
  if (!has_v6())
    return;
  std::uint16_t port = 0;
  http_options options;
  options.host = "::";
  options.find_peer_user = true;
  auto peer = peer_of(options, connect_v4, port);
  CHECK(peer.address == "127.0.0.1");
  CHECK(peer.is_loopback);
  CHECK(peer.user == ::geteuid());
}

TEST_CASE("nobody holds a connection that its process has closed") {
  auto address = loopback(0);
  descriptor listening{listen_at(address)};
  for (bool is_reset : {false, true}) {
    descriptor theirs{connect_to(address)};
    descriptor ours{accept_one(listening)};
    CHECK(net::peer_user(ours.fd) == ::geteuid());
    CHECK(net::peer_user(theirs.fd) == ::geteuid());
    if (is_reset) {
      linger at_once{1, 0};
      setsockopt(theirs.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    theirs.close();
    // The kernel says of such a socket that it is root's.
    CHECK_FALSE(net::peer_user(ours.fd).has_value());
  }
}

TEST_CASE("a client that sends no more still holds its connection") {
  auto address = loopback(0);
  descriptor listening{listen_at(address)};
  descriptor theirs{connect_to(address)};
  descriptor ours{accept_one(listening)};
  shutdown(theirs.fd, SHUT_WR);
  CHECK(net::peer_user(ours.fd) == ::geteuid());
}

TEST_CASE("what is no TCP connection is nobody's") {
  auto address = loopback(0);
  descriptor listening{listen_at(address)};
  CHECK_FALSE(net::peer_user(listening.fd).has_value());
  CHECK_FALSE(net::peer_user(-1).has_value());
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  descriptor first{pair[0]};
  descriptor second{pair[1]};
  CHECK_FALSE(net::peer_user(first.fd).has_value());
}

TEST_CASE("another user is told from us") {
  constexpr uid_t somebody = 65534;
  auto ours_before = static_cast<uid_t>(setfsuid(somebody));
  if (static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))) != somebody) {
    std::cout << "SKIPPED: only root makes sockets of others\n";
    return;
  }
  auto address = loopback(0);
  descriptor theirs{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  setfsuid(ours_before);
  descriptor listening{listen_at(address)};
  REQUIRE(connect(theirs.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  descriptor ours{accept_one(listening)};
  CHECK(net::peer_user(ours.fd) == somebody);
  CHECK(net::peer_user(theirs.fd) == ::geteuid());
}
