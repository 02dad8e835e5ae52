// SPDX-License-Identifier: MIT
#include "exec/survivors.hpp"

#include "exec/spawn.hpp"
#include "exec/unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace mahavishnu::exec {

namespace {

using clock = std::chrono::steady_clock;

/// For all of them together: a process that the system holds must not hold us as well.
constexpr std::chrono::seconds patience{5};

std::string environment_of(pid_t pid) {
  unique_fd file{
      ::open(("/proc/" + std::to_string(pid) + "/environ").c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text;
  char buffer[16384];
  if (!file)
    return text;
  for (;;) {
    auto count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

bool is_marked(pid_t pid, const std::string& variable) {
  auto environment = environment_of(pid);
  return environment.starts_with(variable) ||
         environment.find('\0' + variable) != std::string::npos;
}

struct killed_process {
  pid_t pid;
  unique_fd end;
};

/// Kills those that are marked, and gives what says when they have ended.
std::vector<killed_process> kill_marked(const std::string& variable) {
  std::vector<killed_process> killed;
  std::unique_ptr<DIR, int (*)(DIR*)> processes{::opendir("/proc"), ::closedir};
  while (auto* entry = processes ? ::readdir(processes.get()) : nullptr) {
    auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 1 || pid == ::getpid() || !is_marked(pid, variable))
      continue;
    // Looked at once more: before we held it, its number may have gone to another process.
    auto process = watch_exit(pid);
    if (!process || !is_marked(pid, variable))
      continue;
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    killed.push_back({pid, std::move(process)});
  }
  return killed;
}

} // namespace

std::string mark_of(pid_t process) {
  constexpr std::string_view name = "MAHAVISHNU_RUN=";
  auto environment = environment_of(process);
  for (std::string_view rest = environment; !rest.empty();) {
    auto end = std::min(rest.find('\0'), rest.size());
    if (rest.starts_with(name))
      return std::string(rest.substr(name.size(), end - name.size()));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::vector<pid_t> end_survivors(std::string_view mark) {
  auto variable = "MAHAVISHNU_RUN=" + std::string(mark);
  auto give_up_at = clock::now() + patience;
  for (;;) {
    auto killed = kill_marked(variable);
    std::vector<pid_t> left;
    for (const auto& process : killed) {
      auto time = std::chrono::ceil<std::chrono::milliseconds>(give_up_at - clock::now()).count();
      pollfd watched{process.end.get(), POLLIN, 0};
      if (::poll(&watched, 1, time > 0 ? static_cast<int>(time) : 0) != 1)
        left.push_back(process.pid);
    }
    if (killed.empty() || clock::now() >= give_up_at)
      return left;
  }
}

} // namespace mahavishnu::exec
