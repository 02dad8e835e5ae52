// SPDX-License-Identifier: MIT
#include "base/state_dir.hpp"

#include "base/durable_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

namespace mahavishnu {

namespace {

constexpr const char* lock_name = "server.lock";

/// A lock of the open file description: gone with the last descriptor, and it can be asked for
/// without taking it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

error io_error(const std::string& what, const std::filesystem::path& path, int number,
               const std::string& fix) {
  return {errc::io_failed, what + " '" + path.string() + "': " + std::strerror(number) + fix};
}

} // namespace

namespace state_dir {

result<std::filesystem::path> locate(const std::string& wanted,
                                     const std::map<std::string, std::string>& environment) {
  auto absolute = [](const std::filesystem::path& path) -> result<std::filesystem::path> {
    std::error_code failure;
    auto whole = std::filesystem::absolute(path, failure);
    if (failure)
      return error{errc::io_failed, "cannot find '" + path.string() + "': " + failure.message()};
    return whole.lexically_normal();
  };
  auto get = [&](const char* name) {
    auto at = environment.find(name);
    return at == environment.end() ? std::string{} : at->second;
  };
  if (!wanted.empty())
    return absolute(wanted);
  // The base directory specification says to ignore a relative path here.
  if (auto xdg = get("XDG_STATE_HOME"); xdg.starts_with('/'))
    return absolute(xdg + "/mahavishnu");
  if (auto home = get("HOME"); home.starts_with('/'))
    return absolute(home + "/.local/state/mahavishnu");
  return error{errc::invalid_settings, "cannot tell where the state belongs: HOME is not set; "
                                       "use --state-dir or MAHAVISHNU_STATE_DIR"};
}

result<void> prepare(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory.parent_path(), failure);
  if (failure)
    return error{errc::io_failed, "cannot make '" + directory.parent_path().string() +
                                      "': " + failure.message() + "; use --state-dir"};
  if (::mkdir(directory.c_str(), 0700) == 0)
    return {};
  if (errno != EEXIST)
    return io_error("cannot make the state directory", directory, errno, "; use --state-dir");
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0)
    return io_error("cannot look at the state directory", directory, errno, "");
  if (!S_ISDIR(found.st_mode))
    return error{errc::io_failed, "the state directory '" + directory.string() +
                                      "' is not a directory; use --state-dir"};
  if (found.st_uid != ::geteuid())
    return error{errc::unauthorized, "the state directory '" + directory.string() +
                                         "' belongs to another user; use --state-dir"};
  if ((found.st_mode & 0022) != 0)
    return error{errc::unauthorized, "others can write to the state directory '" +
                                         directory.string() + "'; run: chmod 700 '" +
                                         directory.string() + "'"};
  return {};
}

result<std::uint64_t> next_epoch(const std::filesystem::path& directory) {
  auto path = directory / "epoch";
  std::uint64_t last = 0;
  std::ifstream file{path};
  if (file && !(file >> last))
    return error{errc::io_failed, "'" + path.string() +
                                      "' holds no number; write into it one that is greater than "
                                      "any before, such as the seconds since 1970"};
  if (auto written = replace_file(path, std::to_string(last + 1) + "\n"); !written)
    return written.error();
  return last + 1;
}

} // namespace state_dir

namespace {

/// The process that has written its number into the file.
std::string holder_of(int descriptor) {
  char text[32] = {};
  auto length = ::pread(descriptor, text, sizeof text - 1, 0);
  std::string pid{text, length > 0 ? static_cast<std::size_t>(length) : 0};
  return pid.substr(0, pid.find('\n'));
}

/// A child that a killed server was just starting has the lock until it becomes its program.
bool lock_whole(int descriptor) {
  constexpr int tries = 400;
  constexpr std::chrono::milliseconds between_tries{5};
  for (int i = 0; i < tries; ++i) {
    auto whole = whole_file();
    if (::fcntl(descriptor, F_OFD_SETLK, &whole) == 0)
      return true;
    auto pid = std::atoi(holder_of(descriptor).c_str());
    if (pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH)
      return false;
    std::this_thread::sleep_for(between_tries);
  }
  return false;
}

} // namespace

result<server_lock> server_lock::take(const std::filesystem::path& directory) {
  auto path = directory / lock_name;
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return io_error("cannot open", path, errno, "");
  server_lock lock{descriptor};
  if (!lock_whole(descriptor)) {
    auto pid = holder_of(descriptor);
    return error{errc::already_exists, "a server is running already in '" + directory.string() +
                                           "'" + (pid.empty() ? "" : " (pid " + pid + ")") +
                                           "; end it with 'mahavishnu down' or use --state-dir"};
  }
  auto text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return io_error("cannot write", path, errno, "");
  return lock;
}

bool server_lock::is_held(const std::filesystem::path& directory) {
  int descriptor = ::open((directory / lock_name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  auto whole = whole_file();
  bool held = ::fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  ::close(descriptor);
  return held;
}

server_lock::server_lock(server_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

server_lock& server_lock::operator=(server_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

server_lock::~server_lock() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

} // namespace mahavishnu
