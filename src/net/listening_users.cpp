// SPDX-License-Identifier: MIT
#include "net/listening_users.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace mahavishnu::net {

namespace {

constexpr std::string_view listens = "0A";

template <class Number>
std::optional<Number> number_in(std::string_view text, int base) {
  Number number{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// Of a socket, when it listens on this port.
std::optional<uid_t> listening_user(const std::string& line, std::uint16_t port) {
  std::istringstream words{line};
  std::string slot, here, there, state, queues, timer, retransmitted, user;
  if (!(words >> slot >> here >> there >> state >> queues >> timer >> retransmitted >> user))
    return std::nullopt;
  auto colon = here.rfind(':');
  if (state != listens || colon == std::string::npos ||
      number_in<std::uint16_t>(std::string_view{here}.substr(colon + 1), 16) != port)
    return std::nullopt;
  return number_in<uid_t>(user, 10);
}

} // namespace

std::vector<uid_t> listening_users(std::string_view table, std::uint16_t port) {
  std::vector<uid_t> users;
  std::istringstream lines{std::string{table}};
  for (std::string line; std::getline(lines, line);)
    if (auto user = listening_user(line, port);
        user && std::find(users.begin(), users.end(), *user) == users.end())
      users.push_back(*user);
  return users;
}

result<std::vector<uid_t>> listening_users(std::uint16_t port) {
  std::string table;
  for (const auto* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{name};
    if (!file && errno == ENOENT)
      continue; // a kernel without IPv6
    table.append(std::istreambuf_iterator<char>{file}, {});
    if (file.bad() || !file.is_open())
      return error{errc::io_failed, std::string{"cannot read "} + name +
                                        ", which says who listens: " + std::strerror(errno)};
  }
  return listening_users(table, port);
}

} // namespace mahavishnu::net
