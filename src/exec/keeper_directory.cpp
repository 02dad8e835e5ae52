// SPDX-License-Identifier: MIT
#include "exec/keeper_directory.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace mahavishnu::exec {

namespace {

constexpr const char* lock_name = "lock";
constexpr const char* socket_name = "socket";

/// Servers that may wait to be accepted.
constexpr int backlog = 64;

error failed(const std::string& what, const std::string& path) {
  return {errc::io_failed, what + " '" + path + "': " + std::generic_category().message(errno)};
}

struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

/// The way by way of an open directory: a socket's own path has room for 107 bytes only.
sockaddr_un address_in(const unique_fd& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto path = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + socket_name;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

unique_fd open_directory(const std::string& path) {
  return unique_fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

result<void> make_parents(const std::string& path) {
  for (auto end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    if (auto parent = path.substr(0, end); ::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST)
      return failed("cannot make the directory above the keeper's", parent);
  return {};
}

result<void> prepare(const std::string& path) {
  auto made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno == ENOENT) {
    if (auto parents = make_parents(path); !parents)
      return parents;
    made = ::mkdir(path.c_str(), 0700) == 0;
  }
  if (made)
    return {};
  if (errno != EEXIST)
    return failed("cannot make the keeper's directory", path);
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return failed("cannot look at the keeper's directory", path);
  if (!S_ISDIR(found.st_mode))
    return error{errc::io_failed,
                 "the keeper's directory '" + path + "' is no directory; name another one"};
  if (found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0)
    return error{errc::unauthorized, "others may enter the keeper's directory '" + path +
                                         "' or own it; run: chmod 700 '" + path + "'"};
  return {};
}

constexpr std::size_t mark_length = 16;

std::optional<std::string> read_mark(const unique_fd& lock) {
  char text[mark_length + 1] = {};
  auto count = ::pread(lock.get(), text, mark_length, 0);
  std::string mark{text};
  if (count == static_cast<ssize_t>(mark_length) &&
      mark.find_first_not_of("0123456789abcdef") == std::string::npos)
    return mark;
  return std::nullopt;
}

/// The mark of this directory, which its lock file keeps; a new one is made by chance.
result<std::string> read_or_make_mark(const unique_fd& lock, const std::string& path) {
  if (auto known = read_mark(lock))
    return *known;
  std::string mark;
  unsigned char random[mark_length / 2];
  if (::getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random))
    return failed("no random number for", path);
  for (auto byte : random) {
    mark += "0123456789abcdef"[byte >> 4];
    mark += "0123456789abcdef"[byte & 15];
  }
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), mark.data(), mark_length, 0) != static_cast<ssize_t>(mark_length))
    return failed("cannot write", path);
  return mark;
}

} // namespace

result<keeper_directory> keeper_directory::take(const std::string& path) {
  if (auto prepared = prepare(path); !prepared)
    return prepared.error();
  auto directory = open_directory(path);
  if (!directory)
    return failed("cannot open the keeper's directory", path);
  auto lock_path = path + "/" + lock_name;
  unique_fd lock{::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock)
    return failed("cannot open", lock_path);
  auto whole = whole_file();
  if (::fcntl(lock.get(), F_OFD_SETLK, &whole) != 0)
    return error{errc::already_exists,
                 "a keeper serves '" + path + "' already; connect to that one"};
  auto mark = read_or_make_mark(lock, lock_path);
  if (!mark)
    return mark.error();
  keeper_directory taken{path, std::move(directory), std::move(lock), std::move(*mark)};
  if (!taken.is_there())
    return error{errc::io_failed, "the keeper's directory '" + path +
                                      "' was removed while it was opened; open it again"};
  if (::mkdir(taken.outputs().c_str(), 0700) != 0 && errno != EEXIST)
    return failed("cannot make", taken.outputs());
  return taken;
}

bool keeper_directory::is_one(const std::string& path) {
  unique_fd lock{
      ::open((path + "/" + lock_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  return lock && read_mark(lock);
}

bool keeper_directory::is_served(const std::string& path) {
  unique_fd lock{::open((path + "/" + lock_name).c_str(), O_RDWR | O_CLOEXEC)};
  if (!lock)
    return false;
  auto whole = whole_file();
  return ::fcntl(lock.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

unique_fd keeper_directory::connect(const std::string& path) {
  auto directory = open_directory(path);
  if (!directory)
    return {};
  unique_fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto address = address_in(directory);
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return socket;
}

bool keeper_directory::is_there() const {
  struct stat ours {
  }, found{};
  return ::fstat(lock_.get(), &ours) == 0 &&
         ::stat((path_ + "/" + lock_name).c_str(), &found) == 0 && ours.st_dev == found.st_dev &&
         ours.st_ino == found.st_ino;
}

keeper_epoch keeper_directory::read_epoch() const {
  keeper_epoch epoch;
  std::ifstream file{path_ + "/epoch"};
  if (!(file >> epoch.number))
    return {};
  file >> epoch.server;
  return epoch;
}

result<void> keeper_directory::write_epoch(const keeper_epoch& epoch) const {
  // Beside and then renamed: a reader sees the old one or the new one, never half of one.
  auto beside = path_ + "/epoch.new";
  {
    std::ofstream file{beside, std::ios::trunc};
    file << epoch.number << ' ' << epoch.server << '\n';
    if (!file.flush())
      return failed("cannot write", beside);
  }
  if (::rename(beside.c_str(), (path_ + "/epoch").c_str()) != 0)
    return failed("cannot rename", beside);
  return {};
}

result<unique_fd> keeper_directory::listen() const {
  remove_socket(); // of a keeper that has died: the lock says that none lives
  auto address = address_in(directory_);
  unique_fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto before = ::umask(0177);
  bool bound = socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                                sizeof address) == 0;
  ::umask(before);
  if (!bound || ::listen(socket.get(), backlog) != 0)
    return failed("cannot listen in", path_);
  return socket;
}

void keeper_directory::remove_socket() const {
  ::unlink((path_ + "/" + socket_name).c_str());
}

result<void> keeper_directory::remove() const {
  std::error_code failure;
  std::filesystem::remove_all(outputs(), failure);
  if (failure)
    return error{errc::io_failed, "cannot remove '" + outputs() + "': " + failure.message() +
                                      "; look at the rights of what is in it"};
  // The lock goes last: until then nobody takes the directory for a new one.
  for (auto name : {socket_name, "epoch", "epoch.new", "runs", "runs.new", "log", lock_name})
    if (::unlink((path_ + "/" + name).c_str()) != 0 && errno != ENOENT)
      return failed("cannot remove", path_ + "/" + name);
  if (::rmdir(path_.c_str()) != 0)
    return failed("cannot remove the keeper's directory", path_);
  return {};
}

} // namespace mahavishnu::exec
