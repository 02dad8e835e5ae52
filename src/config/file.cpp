// SPDX-License-Identifier: MIT
#include "config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace mahavishnu::config {

namespace {

/// A file descriptor that is closed once.
class descriptor {
public:
  explicit descriptor(int number) : number_{number} {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  /// False if the system says only now that something was not written.
  bool close() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

private:
  int number_;
};

error failed(std::string_view what) {
  auto reason = errno;
  return {reason == ENOENT ? errc::not_found : errc::io_failed,
          std::string{what} + ": " + std::generic_category().message(reason)};
}

std::string_view type_name(mode_t mode) {
  if (S_ISDIR(mode))
    return "a directory";
  if (S_ISFIFO(mode))
    return "a named pipe";
  if (S_ISSOCK(mode))
    return "a socket";
  return "a device";
}

bool write_all(int to, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(to, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Takes back a file that could not be completed.
error discard(const std::string& temporary) {
  auto failure = failed("cannot be written");
  ::unlink(temporary.c_str());
  return failure;
}

/// Makes the new name of a file last, even if the power goes now.
void sync_directory(const std::filesystem::path& directory) {
  if (descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)})
    ::fsync(opened.number());
}

} // namespace

result<std::string> read_file(const std::filesystem::path& file) {
  // Without O_NONBLOCK the open itself would wait for the other end of a pipe.
  descriptor opened{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (!opened)
    return failed("cannot be opened");
  struct stat info {};
  if (::fstat(opened.number(), &info) != 0)
    return failed("cannot be examined");
  if (!S_ISREG(info.st_mode))
    return error{errc::io_failed,
                 "must be a regular file, but is " + std::string{type_name(info.st_mode)}};
  // One byte more than allowed: a file may grow, and some say they are empty although they are not.
  std::string text(largest_file + 1, '\0');
  std::size_t size = 0;
  if (static_cast<std::size_t>(info.st_size) <= largest_file)
    while (size < text.size()) {
      auto got = ::read(opened.number(), text.data() + size, text.size() - size);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return failed("cannot be read");
      if (got == 0)
        break;
      size += static_cast<std::size_t>(got);
    }
  if (size > largest_file || static_cast<std::size_t>(info.st_size) > largest_file)
    return error{errc::io_failed, "is larger than 1 MiB, the most that a settings file may be"};
  text.resize(size);
  return text;
}

std::optional<error> write_file(const std::filesystem::path& file, std::string_view text,
                                mode_t new_mode) {
  std::error_code trouble;
  auto target = std::filesystem::weakly_canonical(file, trouble);
  if (trouble)
    return error{errc::io_failed, "cannot be resolved: " + trouble.message()};
  auto directory = target.parent_path();
  std::filesystem::create_directories(directory, trouble);
  if (trouble)
    return error{errc::io_failed, "its directory cannot be made: " + trouble.message()};
  struct stat info {};
  const bool exists = ::stat(target.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode))
    return error{errc::io_failed,
                 "must be a regular file, but is " + std::string{type_name(info.st_mode)}};

  auto temporary = (directory / ("." + target.filename().string() + ".XXXXXX")).string();
  descriptor opened{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!opened)
    return failed("its directory cannot be written to");
  // Root may save a file of somebody else, who wants to read it afterwards. Others cannot give
  // files away, and do not need to.
  if (exists && ::fchown(opened.number(), info.st_uid, info.st_gid) != 0 && ::geteuid() == 0)
    return discard(temporary);
  const bool is_written =
      ::fchmod(opened.number(), exists ? info.st_mode & 07777 : new_mode) == 0 &&
      write_all(opened.number(), text) && ::fsync(opened.number()) == 0 && opened.close() &&
      ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!is_written)
    return discard(temporary);
  sync_directory(directory);
  return std::nullopt;
}

} // namespace mahavishnu::config
