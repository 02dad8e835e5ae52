// SPDX-License-Identifier: MIT
#include "base/durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mahavishnu {

namespace {

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

bool is_synced(const std::filesystem::path& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  bool synced = ::fsync(descriptor) == 0;
  auto why = errno;
  ::close(descriptor);
  errno = why;
  return synced;
}

error refused(const std::string& what, const std::filesystem::path& file) {
  return {errc::io_failed, "cannot " + what + " '" + file.string() + "': " + std::strerror(errno)};
}

} // namespace

result<void> replace_file(const std::filesystem::path& file, std::string_view text) {
  auto failed = [&file] { return refused("write", file); };
  auto directory = file.parent_path();
  auto beside = (directory / ("." + file.filename().string() + ".XXXXXX")).string();
  int descriptor = ::mkostemp(beside.data(), O_CLOEXEC); // for our user alone
  if (descriptor < 0)
    return failed();
  bool is_written = write_all(descriptor, text) && ::fsync(descriptor) == 0;
  auto why = errno;
  is_written = ::close(descriptor) == 0 && is_written;
  if (!is_written || ::rename(beside.c_str(), file.c_str()) != 0) {
    if (is_written)
      why = errno;
    ::unlink(beside.c_str());
    errno = why;
    return failed();
  }
  if (!is_synced(directory))
    return failed();
  return {};
}

result<void> sync_to_disk(const std::filesystem::path& path) {
  return is_synced(path) ? result<void>{} : refused("write", path);
}

result<void> remove_file(const std::filesystem::path& file) {
  if ((::unlink(file.c_str()) != 0 && errno != ENOENT) || !is_synced(file.parent_path()))
    return refused("remove", file);
  return {};
}

} // namespace mahavishnu
