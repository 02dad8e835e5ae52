// SPDX-License-Identifier: MIT
#include "app/kept_secret.hpp"

#include "mahavishnu/auth/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mahavishnu {

namespace {

error failed(const std::filesystem::path& file, const char* what) {
  return {errc::io_failed,
          "cannot " + std::string{what} + " '" + file.string() + "': " + std::strerror(errno)};
}

result<std::string> read_all(int descriptor, const std::filesystem::path& file) {
  std::array<char, 256> text{};
  auto size = ::read(descriptor, text.data(), text.size());
  if (size < 0)
    return failed(file, "read");
  std::string secret{text.data(), static_cast<std::size_t>(size)};
  struct stat about {};
  if (::fstat(descriptor, &about) != 0)
    return failed(file, "look at");
  if (auto good = auth::check_secret(secret);
      !good || about.st_uid != ::geteuid() || (about.st_mode & 077) != 0)
    return error{errc::io_failed, "'" + file.string() +
                                      "' holds no secret of ours that only we can read; remove it, "
                                      "and a new one is made"};
  return secret;
}

} // namespace

result<std::string> kept_secret(const std::filesystem::path& file) {
  if (int there = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); there >= 0) {
    auto secret = read_all(there, file);
    ::close(there);
    return secret;
  }
  if (errno != ENOENT)
    return failed(file, "open");
  auto secret = auth::make_secret();
  if (!secret)
    return secret;
  // Written beside it and moved, so that it is never there in part.
  auto beside = file;
  beside += ".new";
  ::unlink(beside.c_str());
  int made = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0)
    return failed(beside, "make");
  auto is_written =
      ::write(made, secret->data(), secret->size()) == static_cast<ssize_t>(secret->size()) &&
      ::fsync(made) == 0;
  auto failure = failed(beside, "write");
  ::close(made);
  if (!is_written)
    return failure;
  if (::rename(beside.c_str(), file.c_str()) != 0)
    return failed(file, "make");
  return secret;
}

} // namespace mahavishnu
