// SPDX-License-Identifier: MIT
#include "net/peer_user.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace mahavishnu::net {

namespace {

/// One end of a connection, as the kernel's table of sockets names it.
struct tcp_end {
  std::uint8_t family = AF_UNSPEC;
  std::uint16_t port = 0; // in network order, as is the address
  std::array<std::uint32_t, 4> address{};
};

using name_function = int (*)(int, sockaddr*, socklen_t*);

std::optional<tcp_end> end_of(int connection, name_function name) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (name(connection, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return std::nullopt;
  tcp_end end;
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    end.family = AF_INET;
    end.port = v4.sin_port;
    end.address[0] = v4.sin_addr.s_addr;
    return end;
  }
  if (storage.ss_family != AF_INET6)
    return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  end.family = AF_INET6;
  end.port = v6.sin6_port;
  std::memcpy(end.address.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    end.family = AF_INET;
    end.address = {end.address[3]};
  }
  return end;
}

struct question {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

question ask_for(const tcp_end& from, const tcp_end& to) {
  question asked;
  asked.header.nlmsg_len = sizeof asked;
  asked.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  asked.header.nlmsg_flags = NLM_F_REQUEST;
  asked.body.sdiag_family = from.family;
  asked.body.sdiag_protocol = IPPROTO_TCP;
  asked.body.idiag_states = ~std::uint32_t{0};
  asked.body.id.idiag_sport = from.port;
  asked.body.id.idiag_dport = to.port;
  std::memcpy(asked.body.id.idiag_src, from.address.data(), sizeof asked.body.id.idiag_src);
  std::memcpy(asked.body.id.idiag_dst, to.address.data(), sizeof asked.body.id.idiag_dst);
  asked.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  asked.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return asked;
}

/// The kernel's entry of the socket with these ends.
std::optional<inet_diag_msg> find_socket(const tcp_end& from, const tcp_end& to) {
  auto asked = ask_for(from, to);
  int kernel = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0)
    return std::nullopt;
  std::array<char, 4096> answer{};
  // The answer is there when send() returns: it is made in our own call.
  ssize_t size = -1;
  if (::send(kernel, &asked, sizeof asked, MSG_DONTWAIT) == sizeof asked)
    size = ::recv(kernel, answer.data(), answer.size(), MSG_DONTWAIT);
  ::close(kernel);
  nlmsghdr header{};
  inet_diag_msg found{};
  if (size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof found))
    return std::nullopt;
  std::memcpy(&header, answer.data(), sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
    return std::nullopt;
  std::memcpy(&found, answer.data() + NLMSG_HDRLEN, sizeof found);
  return found;
}

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream{path}, line);
  return line;
}

/// In a user namespace that does not know all users, the number that all those have whom it does
/// not know; elsewhere a user like any other.
std::optional<uid_t> stands_for_many() {
  static const auto number = []() -> std::optional<uid_t> {
    std::istringstream map{first_line("/proc/self/uid_map")};
    std::uint64_t inside = 1, outside = 1, count = 0;
    map >> inside >> outside >> count;
    if (inside == 0 && outside == 0 && count == 4294967295)
      return std::nullopt;
    uid_t unknown = 65534;
    std::istringstream{first_line("/proc/sys/kernel/overflowuid")} >> unknown;
    return unknown;
  }();
  return number;
}

/// A socket without an inode is held by no process any more, and the kernel then says that it is
/// root's. A listening one, or one that still connects, is not what we are connected to.
bool is_held(const inet_diag_msg& socket) {
  auto is_connected = socket.idiag_state == TCP_ESTABLISHED ||
                      socket.idiag_state == TCP_FIN_WAIT1 || socket.idiag_state == TCP_FIN_WAIT2 ||
                      socket.idiag_state == TCP_CLOSE_WAIT;
  return is_connected && socket.idiag_inode != 0;
}

} // namespace

std::optional<uid_t> peer_user(int connection) {
  auto ours = end_of(connection, ::getsockname);
  auto theirs = end_of(connection, ::getpeername);
  if (!ours || !theirs || ours->family != theirs->family)
    return std::nullopt;
  auto found = find_socket(*theirs, *ours);
  if (!found || !is_held(*found) || found->id.idiag_sport != theirs->port ||
      found->id.idiag_dport != ours->port)
    return std::nullopt;
  // Somebody else may connect from the same port once our connection was reset. While we are
  // connected nobody can, so what was found is our peer if we still are.
  if (!end_of(connection, ::getpeername))
    return std::nullopt;
  if (found->idiag_uid == stands_for_many())
    return std::nullopt;
  return found->idiag_uid;
}

} // namespace mahavishnu::net
