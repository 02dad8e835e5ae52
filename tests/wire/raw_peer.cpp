// SPDX-License-Identifier: MIT
#include "wire/raw_peer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace mahavishnu::wire::test {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

/// Whether the descriptor is ready before the time.
bool wait_for(int fd, short events, clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - clock::now()).count();
    pollfd watched{fd, events, 0};
    const int ready = ::poll(&watched, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready >= 0 || errno != EINTR)
      return ready > 0;
  }
}

} // namespace

// -- frames ---------------------------------------------------------------------------------------

std::string big_endian(std::uint64_t value, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string length(std::uint32_t value) {
  std::string bytes;
  for (; value > 0x7F; value >>= 7)
    bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

std::string text(std::string_view value) {
  return length(static_cast<std::uint32_t>(value.size())).append(value);
}

std::string node(std::uint32_t number) {
  return big_endian(0x3E9AAB9BAC79, 8) + big_endian(number, 4) + std::string(20, '\x42');
}

std::string message(std::string_view signature, std::string_view values) {
  return (big_endian(0, 2) + text(signature)).append(values);
}

std::string nested_messages(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i)
    bytes += message("@<>+@message");
  return bytes + message("@<>");
}

std::string error_bytes(std::string_view context) {
  return (big_endian(28, 1) + big_endian(0xFE3EE39AB2, 8)).append(context);
}

std::string frame::bytes(std::uint32_t announced) const {
  return big_endian(op, 1) + big_endian(0, 2) + big_endian(flags, 1) + big_endian(announced, 4) +
         big_endian(data, 8) + big_endian(sender, 8) + big_endian(receiver, 8) + payload;
}

frame client_handshake(std::uint32_t number) {
  return {.op = frame::client_handshake, .payload = node(number)};
}

frame client_choice(std::uint32_t number) {
  return {.op = frame::client_handshake, .flags = 2, .payload = node(number)};
}

std::string client_hello(std::uint32_t number) {
  return client_handshake(number).bytes() + client_choice(number).bytes();
}

frame direct_message(std::string_view signature, std::string_view values, std::uint64_t receiver) {
  return {.receiver = receiver, .payload = length(0) + message(signature, values)};
}

// -- the process ----------------------------------------------------------------------------------

bool eventually(const std::function<bool()>& condition, milliseconds limit) {
  for (const auto end = clock::now() + limit; !condition(); ::poll(nullptr, 0, 2))
    if (clock::now() > end)
      return condition();
  return true;
}

long resident_kib() {
  long pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  return pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

// -- raw_peer -------------------------------------------------------------------------------------

raw_peer::raw_peer(const std::filesystem::path& socket) {
  if (auto fd = connect_unix(socket, patience))
    fd_ = std::move(*fd);
}

bool raw_peer::send(std::string_view bytes) {
  const auto end = clock::now() + patience;
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EAGAIN || !wait_for(fd_.get(), POLLOUT, end))
      return false;
  }
  return true;
}

bool raw_peer::sees_end(milliseconds limit) {
  const auto end = clock::now() + limit;
  char buffer[4096];
  while (wait_for(fd_.get(), POLLIN, end)) {
    const auto got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN))
      return true;
  }
  return false;
}

std::string raw_peer::receive(std::size_t size, milliseconds limit) {
  const auto end = clock::now() + limit;
  std::string bytes;
  char buffer[4096];
  while (bytes.size() < size && wait_for(fd_.get(), POLLIN, end)) {
    const auto wanted = std::min(sizeof buffer, size - bytes.size());
    const auto got = ::recv(fd_.get(), buffer, wanted, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN))
      break;
    if (got > 0)
      bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return bytes;
}

std::string raw_peer::receive_frame() {
  auto bytes = receive(32);
  if (bytes.size() < 32)
    return bytes;
  std::size_t size = 0;
  for (int i = 4; i < 8; ++i)
    size = size << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return bytes + receive(size);
}

std::string raw_peer::receive_for(milliseconds limit) {
  return receive(SIZE_MAX, limit);
}

// -- raw_server and recorder ----------------------------------------------------------------------

raw_server::raw_server(const std::filesystem::path& socket, script play)
    : wake_(::eventfd(0, EFD_CLOEXEC)), play_(std::move(play)) {
  listener_ = listen_unix(socket, leftover::keep).value();
  thread_ = std::thread{[this] { run(); }};
}

raw_server::~raw_server() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

void raw_server::run() {
  for (;;) {
    pollfd watched[] = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    ::poll(watched, 2, -1);
    if (watched[0].revents != 0)
      return;
    raw_peer peer{descriptor{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)}};
    if (peer.connected())
      play_(peer);
  }
}

recorder::recorder(const std::filesystem::path& front, const std::filesystem::path& back)
    : back_(back),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      server_(front, [this](raw_peer& client) { forward(client); }) {}

recorder::~recorder() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
}

std::string recorder::from_client() {
  const std::lock_guard lock{mutex_};
  return from_client_;
}

std::string recorder::from_server() {
  const std::lock_guard lock{mutex_};
  return from_server_;
}

void recorder::forward(raw_peer& client) {
  raw_peer server{back_};
  char buffer[4096];
  const auto move = [&](raw_peer& from, raw_peer& to, std::string& record) {
    const auto got = ::recv(from.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0)
      return got < 0 && errno == EAGAIN;
    const std::string_view bytes{buffer, static_cast<std::size_t>(got)};
    const std::lock_guard lock{mutex_};
    record += bytes;
    return to.send(bytes);
  };
  for (;;) {
    pollfd watched[] = {
        {client.fd(), POLLIN, 0}, {server.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(watched, 3, -1);
    if (watched[2].revents != 0 || !move(client, server, from_client_) ||
        !move(server, client, from_server_))
      return;
  }
}

} // namespace mahavishnu::wire::test
