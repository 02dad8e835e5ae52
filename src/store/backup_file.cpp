// SPDX-License-Identifier: MIT
#include "store/backup_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace mahavishnu::store {

namespace {

error system_refused(const std::string& path) {
  return backup_failure(path, std::generic_category().message(errno));
}

/// The bytes of the file, or its entries, are on disk when it returns.
bool sync(const std::filesystem::path& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  bool is_synced = ::fsync(descriptor) == 0;
  auto why = errno;
  ::close(descriptor);
  errno = why;
  return is_synced;
}

} // namespace

error backup_failure(const std::string& path, const std::string& why) {
  return {errc::io_failed, "cannot back up the journal to '" + path + "': " + why +
                               "; look at the rights of its directory and at the free space"};
}

result<void> make_backup(const std::string& path,
                         const std::function<result<void>(const std::string&)>& write) {
  // Takes the name, so that nobody else's file is replaced in the end.
  int claimed = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (claimed < 0 && errno == EEXIST)
    return error{errc::already_exists,
                 "'" + path + "' is there already; name a file that is not, or remove it"};
  if (claimed < 0)
    return system_refused(path);
  ::close(claimed);
  auto beside = path + ".unfinished.XXXXXX";
  auto give_up = [&](error why) {
    ::unlink(beside.c_str());
    ::unlink(path.c_str());
    return why;
  };
  int descriptor = ::mkostemp(beside.data(), O_CLOEXEC); // for our user alone
  if (descriptor < 0)
    return give_up(system_refused(path));
  ::close(descriptor);
  if (auto written = write(beside); !written)
    return give_up(written.error());
  if (!sync(beside) || ::rename(beside.c_str(), path.c_str()) != 0 ||
      !sync(std::filesystem::absolute(path).parent_path()))
    return give_up(system_refused(path));
  return {};
}

} // namespace mahavishnu::store
