// SPDX-License-Identifier: MIT
#include "cli/doctor/probe.hpp"

#include "base/state_dir.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace mahavishnu::cli::doctor {

namespace {

namespace fs = std::filesystem;

constexpr int sync_tries = 9;
constexpr std::chrono::seconds longest_sync_trial{1};
constexpr std::size_t most_processes_looked_at = 20'000;

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

private:
  int number_;
};

std::string content_of(const std::string& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A file without a name; where the file system has none such, one whose name is taken away at
/// once.
int open_nameless(const std::string& directory) {
  auto opened = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (opened >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return opened;
  auto name = directory + "/.mahavishnu-doctor-XXXXXX";
  opened = ::mkostemp(name.data(), O_CLOEXEC);
  if (opened >= 0)
    ::unlink(name.c_str());
  return opened;
}

std::string file_system_of(std::uint64_t type) {
  switch (type) {
  case 0xEF53: return "ext4";
  case 0x58465342: return "xfs";
  case 0x9123683E: return "btrfs";
  case 0x2FC12FC1: return "zfs";
  case 0x01021994: return "tmpfs";
  case 0x794C7630: return "overlay";
  case 0x6969: return "nfs";
  case 0xFF534D42:
  case 0xFE534D42:
  case 0x517B: return "smb";
  case 0x65735546: return "fuse";
  default: return {};
  }
}

/// The directory itself, or the nearest above it that there is.
fs::path nearest_existing(fs::path directory) {
  std::error_code ignored;
  directory = fs::absolute(directory, ignored);
  while (!fs::exists(directory, ignored) && directory.has_relative_path())
    directory = directory.parent_path();
  return directory;
}

/// What a server would say of it, and it makes nothing.
std::string problem_of_state(const fs::path& directory) {
  auto text = "'" + directory.string() + "' ";
  struct stat seen {};
  if (::stat(directory.c_str(), &seen) != 0) {
    if (errno != ENOENT)
      return text + "cannot be looked at: " + std::strerror(errno);
    auto above = nearest_existing(directory);
    if (::access(above.c_str(), W_OK | X_OK) != 0)
      return text + "cannot be made in '" + above.string() + "': " + std::strerror(errno);
    return {};
  }
  if (!S_ISDIR(seen.st_mode))
    return text + "is no directory; mv '" + directory.string() + "' '" + directory.string() +
           ".old'";
  if (seen.st_uid != ::geteuid())
    return text + "belongs to another user; run it as that user, or take another one with "
                  "--state-dir";
  if ((seen.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return text + "can be written by others; chmod 700 '" + directory.string() + "'";
  if (::access(directory.c_str(), R_OK | W_OK | X_OK) != 0)
    return text + "cannot be used: " + std::strerror(errno) + "; chmod 700 '" + directory.string() +
           "'";
  return {};
}

void try_sync(state_facts& seen, const std::string& directory) {
  descriptor file{open_nameless(directory)};
  if (!file) {
    seen.sync_problem = std::strerror(errno);
    return;
  }
  using clock = std::chrono::steady_clock;
  const std::array<char, 4096> page{};
  std::vector<double> times;
  auto begin = clock::now();
  for (int i = 0; i < sync_tries && clock::now() - begin < longest_sync_trial; ++i) {
    auto before = clock::now();
    if (::write(file.get(), page.data(), page.size()) < 0 || ::fdatasync(file.get()) != 0) {
      seen.sync_problem = std::strerror(errno);
      return;
    }
    times.push_back(std::chrono::duration<double>(clock::now() - before).count());
  }
  std::ranges::sort(times);
  seen.sync_seconds = times[times.size() / 2];
}

/// The program that has one of these sockets; we see those of our own user, root those of all.
std::string holder_of(const std::vector<std::string>& sockets) {
  std::error_code ignored;
  std::size_t looked_at = 0;
  for (const auto& process : fs::directory_iterator{"/proc", ignored}) {
    auto pid = process.path().filename().string();
    if (!std::isdigit(static_cast<unsigned char>(pid.front())))
      continue;
    if (++looked_at > most_processes_looked_at)
      break;
    for (fs::directory_iterator each{process.path() / "fd", ignored}, end; !ignored && each != end;
         each.increment(ignored)) {
      auto target = fs::read_symlink(each->path(), ignored).string();
      for (const auto& socket : sockets)
        if (target == "socket:[" + socket + "]") {
          auto name = content_of("/proc/" + pid + "/comm");
          return name.substr(0, name.find('\n')) + " (process " + pid + ")";
        }
      ignored.clear();
    }
    ignored.clear();
  }
  return {};
}

struct free_addresses {
  void operator()(addrinfo* all) const { ::freeaddrinfo(all); }
};

} // namespace

std::optional<std::uint64_t> bound_in(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{})
    return std::nullopt;
  return number;
}

limit_facts look_at_limits() {
  limit_facts seen;
  auto number = [](rlim_t limit) {
    return limit == RLIM_INFINITY ? UINT64_MAX : static_cast<std::uint64_t>(limit);
  };
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    seen.open_files = number(limit.rlim_cur);
    seen.open_files_at_most = number(limit.rlim_max);
  }
  // The kernel does not hold root to it.
  seen.processes = ::geteuid() == 0 || ::getrlimit(RLIMIT_NPROC, &limit) != 0
                       ? UINT64_MAX
                       : number(limit.rlim_cur);
  std::istringstream groups{content_of("/proc/self/cgroup")};
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::"))
      seen.pids_max = bound_in(content_of("/sys/fs/cgroup" + line.substr(3) + "/pids.max"));
  return seen;
}

clock_facts look_at_clock() {
  clock_facts seen;
  timex state{};
  auto said = ::adjtimex(&state);
  seen.is_synchronised = said >= 0 && said != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  seen.year = parts.tm_year + 1900;
  timespec before{}, after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  seen.is_steady =
      std::pair{after.tv_sec, after.tv_nsec} >= std::pair{before.tv_sec, before.tv_nsec};
  return seen;
}

state_facts look_at_state(const fs::path& directory) {
  state_facts seen;
  seen.directory = directory.string();
  std::error_code ignored;
  seen.exists = fs::exists(directory, ignored);
  seen.longest_socket_path = (directory / state_dir::control_socket).string().size();
  seen.problem = problem_of_state(directory);
  if (!seen.problem.empty())
    return seen;
  auto place = nearest_existing(directory).string();
  struct statfs system {};
  if (::statfs(place.c_str(), &system) == 0) {
    seen.file_system = file_system_of(static_cast<std::uint64_t>(system.f_type));
    seen.bytes_free =
        static_cast<std::uint64_t>(system.f_bavail) * static_cast<std::uint64_t>(system.f_bsize);
  }
  try_sync(seen, place);
  return seen;
}

place_facts look_at_place(const std::string& directory) {
  descriptor file{open_nameless(directory)};
  return {directory, file ? std::string{} : std::string{std::strerror(errno)}};
}

std::vector<std::string> listening_sockets(const std::string& table, int port) {
  constexpr std::string_view listening = "0A";
  std::vector<std::string> inodes;
  std::istringstream lines{table};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields{line};
    std::vector<std::string> words{std::istream_iterator<std::string>{fields}, {}};
    if (words.size() < 10 || words[3] != listening)
      continue;
    auto colon = words[1].rfind(':');
    unsigned number = 0;
    const auto* text = words[1].c_str();
    if (colon != std::string::npos &&
        std::from_chars(text + colon + 1, text + words[1].size(), number, 16).ec == std::errc{} &&
        number == static_cast<unsigned>(port))
      inodes.push_back(words[9]);
  }
  return inodes;
}

port_facts look_at_port(const std::string& host, int port, int ours) {
  using use = port_facts::use;
  port_facts seen{host, port, use::free, {}};
  if (port == 0)
    return seen;
  if (port == ours) {
    seen.now = use::ours;
    return seen;
  }
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  wish.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (auto code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wish, &found);
      code != 0) {
    seen.now = use::unusable;
    seen.who = ::gai_strerror(code);
    return seen;
  }
  std::unique_ptr<addrinfo, free_addresses> all{found};
  descriptor socket{::socket(all->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), all->ai_addr, all->ai_addrlen) == 0)
    return seen;
  seen.now = errno == EADDRINUSE ? use::taken : use::unusable;
  seen.who = std::strerror(errno);
  if (seen.now == use::taken)
    seen.who = holder_of(
        listening_sockets(content_of("/proc/net/tcp") + content_of("/proc/net/tcp6"), port));
  return seen;
}

} // namespace mahavishnu::cli::doctor
