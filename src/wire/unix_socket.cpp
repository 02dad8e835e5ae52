// SPDX-License-Identifier: MIT
#include "wire/unix_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace mahavishnu::wire {

namespace {

using clock = std::chrono::steady_clock;

/// Connections that wait to be taken; the kernel refuses further ones for the moment.
constexpr int backlog = 1024;

error failure(errc code, const std::filesystem::path& path, std::string_view what, int reason,
              std::string_view fix) {
  auto text = std::string{what} + " '" + path.string() + "'";
  if (reason != 0)
    text += ": " + std::string{std::strerror(reason)};
  return {code, text + "; " + std::string{fix}};
}

/// An address for a path of any length. It names the file by way of its open directory, so the
/// directory has to stay open while the address is in use.
struct socket_address {
  descriptor directory;
  sockaddr_un value{};

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&value); }
};

result<socket_address> make_address(const std::filesystem::path& path) {
  socket_address address;
  address.value.sun_family = AF_UNIX;
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  address.directory.reset(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!address.directory) {
    const int reason = errno;
    const auto code = reason == ENOENT   ? errc::unreachable
                      : reason == EACCES ? errc::unauthorized
                                         : errc::io_failed;
    return failure(code, parent, "cannot open the directory", reason,
                   "check that it exists and belongs to you");
  }
  const auto name =
      "/proc/self/fd/" + std::to_string(address.directory.get()) + "/" + path.filename().string();
  if (!path.has_filename() || name.size() >= sizeof address.value.sun_path)
    return failure(errc::invalid_argument, path, "not a name for a socket:", 0,
                   "use a file name of at most 80 characters");
  std::memcpy(address.value.sun_path, name.c_str(), name.size() + 1);
  return address;
}

result<descriptor> open_socket(const std::filesystem::path& path, int flags) {
  descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
  if (!fd)
    return failure(errc::io_failed, path, "cannot open a socket for", errno,
                   "raise the limit of open files (ulimit -n)");
  return fd;
}

error connect_failure(const std::filesystem::path& path, int reason) {
  switch (reason) {
  case ENOENT:
  case ECONNREFUSED:
    return failure(errc::unreachable, path, "no server is running behind", reason,
                   "start the server first");
  case EACCES:
  case EPERM:
    return failure(errc::unauthorized, path, "no permission to connect to", reason,
                   "run the command as the user who runs the server");
  default:
    return failure(errc::io_failed, path, "cannot connect to", reason,
                   "check that it is the socket of a server");
  }
}

} // namespace

void descriptor::reset(int fd) {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = fd;
}

result<descriptor> listen_unix(const std::filesystem::path& path, leftover existing) {
  auto address = make_address(path);
  if (!address)
    return address.error();
  auto fd = open_socket(path, SOCK_NONBLOCK);
  if (!fd)
    return fd;
  if (existing == leftover::remove && ::unlink(address->value.sun_path) != 0 && errno != ENOENT)
    return failure(errc::io_failed, path, "cannot remove the old socket", errno,
                   "remove it by hand");
  // Before bind: Linux creates the file with the mode of the socket, so there is no moment at which
  // others could connect.
  if (::fchmod(fd->get(), S_IRUSR | S_IWUSR) != 0)
    return failure(errc::io_failed, path, "cannot protect", errno, "report this");
  if (::bind(fd->get(), address->get(), sizeof address->value) != 0) {
    const int reason = errno;
    if (reason == EADDRINUSE)
      return failure(errc::already_exists, path, "there is a socket already:", 0,
                     "stop the server that owns it, or remove the file when none runs");
    return failure(errc::io_failed, path, "cannot listen on", reason,
                   "check that the directory belongs to you and is on a local disk");
  }
  if (::listen(fd->get(), backlog) != 0)
    return failure(errc::io_failed, path, "cannot listen on", errno, "report this");
  return fd;
}

result<descriptor> connect_unix(const std::filesystem::path& path,
                                std::chrono::milliseconds timeout) {
  const auto end = clock::now() + timeout;
  auto address = make_address(path);
  if (!address) {
    // no directory, no server
    return address.error().code == errc::unreachable ? connect_failure(path, ENOENT)
                                                     : address.error();
  }
  auto fd = open_socket(path, SOCK_NONBLOCK);
  if (!fd)
    return fd;
  while (::connect(fd->get(), address->get(), sizeof address->value) != 0) {
    if (errno == EINTR)
      continue;
    // The queue of the listener is full, and nothing tells when it has room again.
    if (errno != EAGAIN)
      return connect_failure(path, errno);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0)
      return failure(errc::timeout, path, "the server takes no connection on", 0,
                     "try again later, or restart the server");
    ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(left.count(), 5)));
  }
  if (!is_same_user(fd->get()))
    return failure(errc::unauthorized, path, "another user runs the server behind", 0,
                   "run the command as that user");
  return fd;
}

bool is_same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

} // namespace mahavishnu::wire
