// SPDX-License-Identifier: MIT
#include "store/postgres_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mahavishnu::test {

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

void close_one(int& descriptor) {
  if (descriptor >= 0)
    ::close(std::exchange(descriptor, -1));
}

std::string read_some(int from) {
  std::array<char, 65536> bytes;
  auto size = ::read(from, bytes.data(), bytes.size());
  return {bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

bool write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    auto size = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

/// What a server says when it has done all, and waits.
constexpr std::size_t size_of_ready = 6;
bool is_ready(std::string_view said) {
  return said.size() >= size_of_ready &&
         said.substr(said.size() - size_of_ready).starts_with(std::string_view{"Z\0\0\0\5", 5});
}

/// What it says when it goes down.
std::string last_words() {
  std::string_view fields{"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0", 46};
  return std::string{"E\0\0\0", 4} + static_cast<char>(4 + fields.size()) + std::string{fields};
}

} // namespace

postgres_proxy::postgres_proxy(const std::filesystem::path& directory, std::string server_socket)
    : server_socket_(std::move(server_socket)) {
  auto address = address_of(directory / ".s.PGSQL.5432");
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listening_, 8) != 0)
    throw std::runtime_error{"cannot listen in " + directory.string()};
  thread_ = std::thread{[this] { serve(); }};
}

postgres_proxy::~postgres_proxy() {
  is_over_ = true;
  thread_.join();
  for (auto& each : pairs_) {
    close_one(each.client);
    close_one(each.server);
  }
  ::close(listening_);
}

void postgres_proxy::serve() {
  constexpr int look_again = 20; // milliseconds, for the end
  while (!is_over_) {
    std::vector<pollfd> on{{listening_, POLLIN, 0}};
    for (const auto& each : pairs_) {
      on.push_back({each.client, POLLIN, 0});
      on.push_back({each.server, POLLIN, 0});
    }
    if (::poll(on.data(), on.size(), look_again) <= 0)
      continue;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (on[1 + 2 * i].revents != 0)
        from_client(pairs_[i]);
      if (on[2 + 2 * i].revents != 0 && pairs_[i].server >= 0)
        from_server(pairs_[i]);
    }
    if (on[0].revents != 0)
      accept_one();
  }
}

void postgres_proxy::accept_one() {
  auto address = address_of(server_socket_);
  int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (is_closed_ ||
      ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    close_one(client);
  pairs_.push_back({client, server, loss::none, ""});
}

void postgres_proxy::from_client(pair& each) {
  auto bytes = read_some(each.client);
  if (!bytes.empty() && each.how == loss::none)
    each.how = next_.exchange(loss::none);
  if (bytes.empty() || each.how == loss::of_request) {
    close_one(each.client);
    close_one(each.server);
  } else if (!write_all(each.server, bytes)) {
    close_one(each.client);
  }
  if (each.how == loss::of_client)
    close_one(each.client);
}

void postgres_proxy::from_server(pair& each) {
  auto bytes = read_some(each.server);
  if (bytes.empty()) {
    close_one(each.client);
    close_one(each.server);
  } else if (each.how == loss::none) {
    if (!write_all(each.client, bytes))
      close_one(each.client);
  } else {
    each.said += bytes;
    if (!is_ready(each.said))
      return;
    if (each.how == loss::of_server)
      write_all(each.client, each.said.substr(0, each.said.size() - size_of_ready) + last_words());
    close_one(each.client);
    if (each.how != loss::of_answer_unseen && each.how != loss::of_client)
      close_one(each.server);
  }
}

} // namespace mahavishnu::test
