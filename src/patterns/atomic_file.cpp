// SPDX-License-Identifier: MIT
#include "patterns/atomic_file.hpp"

#include "exec/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace mahavishnu {

namespace {

error failed(const std::string& what, const std::filesystem::path& path, int number) {
  return {errc::io_failed, "cannot " + what + " '" + path.string() +
                               "': " + std::generic_category().message(number)};
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// A new name in a directory lasts only once the directory has been written.
result<void> sync_directory_of(const std::filesystem::path& path) {
  auto directory = path.parent_path().empty() ? "." : path.parent_path();
  exec::unique_fd opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened || ::fsync(opened.get()) != 0)
    return failed("write the directory", directory, errno);
  return {};
}

} // namespace

result<void> replace_file(const std::filesystem::path& path, std::string_view text) {
  auto beside = path.parent_path() / ("." + path.filename().string() + ".new");
  exec::unique_fd opened{
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!opened)
    return failed("make", beside, errno);
  if (!write_all(opened.get(), text) || ::fsync(opened.get()) != 0 ||
      ::rename(beside.c_str(), path.c_str()) != 0) {
    auto number = errno;
    ::unlink(beside.c_str());
    return failed("write", path, number);
  }
  return sync_directory_of(path);
}

result<void> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return failed("remove", path, errno);
  return sync_directory_of(path);
}

} // namespace mahavishnu
