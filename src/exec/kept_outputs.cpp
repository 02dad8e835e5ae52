// SPDX-License-Identifier: MIT
#include "exec/kept_outputs.hpp"

#include "exec/output_capture.hpp"
#include "exec/output_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

namespace mahavishnu::exec {

namespace {

error failed(const std::string& what, const std::string& path, int number) {
  auto text = what + " '" + path + "': " + std::generic_category().message(number);
  switch (number) {
  case EXDEV: text += "; have keepers and outputs of the state directory on one file system"; break;
  case ENOSPC:
  case EDQUOT: text += "; make room on that disk"; break;
  default: text += "; look at its rights and its owner";
  }
  return {errc::io_failed, std::move(text)};
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat of_a {
  }, of_b{};
  return ::stat(a.c_str(), &of_a) == 0 && ::stat(b.c_str(), &of_b) == 0 &&
         of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

using directory_listing = std::unique_ptr<DIR, int (*)(DIR*)>;

directory_listing list(const std::string& directory) {
  return {::opendir(directory.c_str()), ::closedir};
}

bool has_whole(const std::string& path, const output_capture::cut& cut) {
  auto head = read_output(path, 0, cut.head.size());
  if (!head || head->bytes != cut.head || head->file_size < cut.head.size() + cut.tail.size())
    return false;
  auto tail = read_output(path, head->file_size - cut.tail.size(), cut.tail.size());
  return tail && tail->bytes == cut.tail;
}

struct kept_file {
  std::int64_t written_at = 0; // seconds since 1970
  std::uint64_t bytes = 0;
  std::string name;
};

} // namespace

std::string output_path(const std::string& directory, const std::string& run,
                        output_growth::stream which) {
  return directory + "/" + run + (which == output_growth::stream::output ? ".out" : ".err");
}

result<void> kept_outputs::keep(const std::string& path) const {
  if (directory_.empty())
    return {};
  auto kept = directory_ + path.substr(path.rfind('/'));
  auto is_linked = [&](const std::string& as) { return ::link(path.c_str(), as.c_str()) == 0; };
  if (is_linked(kept))
    return {};
  if (errno == ENOENT && (::mkdir(directory_.c_str(), 0700) == 0 || errno == EEXIST) &&
      is_linked(kept))
    return {};
  auto why = errno;
  if (why == EEXIST) {
    if (is_same_file(path, kept))
      return {};
    // Of a run of that name in another life of the journal, or in another pool.
    auto beside = kept + ".new";
    ::unlink(beside.c_str());
    if (is_linked(beside) && ::rename(beside.c_str(), kept.c_str()) == 0)
      return {};
    why = errno;
  }
  return failed("the whole output is not kept: cannot link '" + path + "' to", kept, why);
}

std::string kept_outputs::whole_of(const std::string& task, output_growth::stream which,
                                   std::string_view cut) const {
  auto parts = output_capture::cut_of(cut);
  auto listing = list(directory_);
  if (!parts || !listing)
    return {};
  std::map<std::uint64_t, std::string, std::greater<>> runs; // the last one first
  while (const auto* each = ::readdir(listing.get())) {
    std::string_view name{each->d_name};
    std::uint64_t number = 0;
    if (!name.starts_with(task + "."))
      continue;
    const auto* begin = name.data() + task.size() + 1;
    if (std::from_chars(begin, name.data() + name.size(), number).ec != std::errc{})
      continue;
    auto path = output_path(directory_, task + "." + std::to_string(number), which);
    if (path.ends_with("/" + std::string{name}))
      runs.emplace(number, std::move(path));
  }
  for (auto& [number, path] : runs)
    if (has_whole(path, *parts))
      return path;
  return {};
}

result<kept_outputs::swept> kept_outputs::sweep(std::chrono::system_clock::time_point oldest,
                                                std::uint64_t most) const {
  swept done;
  auto listing = list(directory_);
  if (!listing && errno == ENOENT)
    return done;
  if (!listing)
    return failed("cannot look for outputs in", directory_, errno);
  std::vector<kept_file> files;
  while (const auto* each = ::readdir(listing.get())) {
    struct stat found {};
    if (::fstatat(::dirfd(listing.get()), each->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(found.st_mode))
      continue;
    constexpr std::uint64_t block = 512;
    files.push_back(
        {found.st_mtim.tv_sec, static_cast<std::uint64_t>(found.st_blocks) * block, each->d_name});
    done.bytes_left += files.back().bytes;
  }
  std::ranges::sort(files, {}, &kept_file::written_at);
  auto too_old = std::chrono::system_clock::to_time_t(oldest);
  auto left = files.size();
  for (const auto& each : files) {
    if (each.written_at >= too_old && done.bytes_left <= most && left <= most_files)
      break;
    if (::unlinkat(::dirfd(listing.get()), each.name.c_str(), 0) == 0) {
      ++done.files;
      done.bytes += each.bytes;
    } else if (errno != ENOENT) {
      done.failure = failed("cannot remove an old output", directory_ + "/" + each.name, errno);
      continue;
    }
    done.bytes_left -= each.bytes;
    --left;
  }
  return done;
}

} // namespace mahavishnu::exec
