// SPDX-License-Identifier: MIT
#include "exec/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <functional>
#include <sstream>
#include <system_error>

namespace mahavishnu::exec {

namespace {

namespace fs = std::filesystem;

std::string words_for(int number) {
  return std::generic_category().message(number);
}

std::optional<std::string> content(const std::string& path) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 ? std::nullopt : std::optional{text};
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

/// Zero or an errno. The files of a cgroup take one write for one command.
int write_to(const std::string& path, std::string_view text) {
  unique_fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file)
    return errno;
  return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

bool has_word(std::string_view text, std::string_view wanted) {
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;)
    if (word == wanted)
      return true;
  return false;
}

/// The number behind a name at the start of a line, as in `populated 1`.
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view name) {
  std::istringstream lines{std::string(text)};
  std::string key;
  for (std::uint64_t value = 0; lines >> key >> value;)
    if (key == name)
      return value;
  return std::nullopt;
}

/// mountinfo writes a space, a tab, a line end and a backslash as \ and three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr ==
            text.data() + i + 4) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

error cannot_make(const std::string& path, int number) {
  auto text = "cgroup '" + path + "' cannot be made: " + words_for(number);
  switch (number) {
  case EACCES:
  case EPERM:
  case EROFS:
    text += "; let the service manager delegate a group (systemd: Delegate=yes), or go without";
    break;
  case EAGAIN: text += "; raise cgroup.max.descendants of the groups above"; break;
  case ENOENT: text += "; the group above it is gone: start the program again"; break;
  default: text += "; look at the group above it";
  }
  return {number == EACCES || number == EPERM || number == EROFS ? errc::unsupported
                                                                 : errc::io_failed,
          std::move(text)};
}

error no_kill(const std::string& directory) {
  return {errc::unsupported, "the groups in '" + directory +
                                 "' have no cgroup.kill; it needs Linux 5.14, or go without"};
}

error threaded(const std::string& directory) {
  return {errc::unsupported,
          "the groups in '" + directory +
              "' take no processes, since a group above them is threaded; start the program "
              "in another group or go without"};
}

/// Zero, or the errno with which that most likely fails.
int would_enable(const std::string& directory) {
  auto is_root = !content(directory + "/cgroup.type");
  if (::access((directory + "/cgroup.subtree_control").c_str(), W_OK) != 0)
    return errno;
  return is_root || content(directory + "/cgroup.procs").value_or("").empty() ? 0 : EBUSY;
}

/// @param enable  tries to hand down a controller: zero or an errno
void hand_down_controllers(cgroup_support& support,
                           const std::function<int(const std::string& name)>& enable) {
  auto offered = content(support.directory + "/cgroup.controllers").value_or("");
  auto hand_down = [&](const std::string& name) {
    auto control = support.directory + "/cgroup.subtree_control";
    if (has_word(content(control).value_or(""), name))
      return true;
    if (!has_word(offered, name)) {
      support.why_not += (support.why_not.empty() ? "" : "; ") + std::string("the controller '") +
                         name + "' is not given to '" + support.directory +
                         "': enable it in the groups above";
      return false;
    }
    auto failure = enable(name);
    if (failure != 0)
      support.why_not += (support.why_not.empty() ? "" : "; ") + std::string("the controller '") +
                         name + "' cannot be enabled in '" + control + "': " + words_for(failure) +
                         (failure == EBUSY ? " (processes are in that group itself: move them to "
                                             "one below it)"
                                           : "");
    return failure == 0;
  };
  support.memory = hand_down("memory");
  support.pids = hand_down("pids");
  support.cpu = hand_down("cpu");
}

} // namespace

std::optional<cgroup_mount> find_cgroup_mount(std::string_view mountinfo) {
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    auto separator = line.find(" - ");
    if (separator == std::string::npos || !line.substr(separator + 3).starts_with("cgroup2 "))
      continue;
    std::istringstream words{line};
    std::string id, parent, device;
    cgroup_mount found;
    if (words >> id >> parent >> device >> found.root >> found.directory) {
      found.root = unescaped(found.root);
      found.directory = unescaped(found.directory);
      return found;
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_own_cgroup(const cgroup_mount& mount,
                                           std::string_view memberships) {
  std::istringstream lines{std::string(memberships)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("0::/"))
      continue;
    auto path = line.substr(3);
    // In a container only a part of the tree is mounted, and the path counts from its whole.
    if (mount.root != "/") {
      if (path != mount.root && !path.starts_with(mount.root + "/"))
        return std::nullopt;
      path.erase(0, mount.root.size());
    }
    return path == "/" || path.empty() ? mount.directory : mount.directory + path;
  }
  return std::nullopt;
}

result<std::string> own_cgroup() {
  auto unsupported = [](std::string text) { return error{errc::unsupported, std::move(text)}; };
  auto mount = find_cgroup_mount(content("/proc/self/mountinfo").value_or(""));
  if (!mount)
    return unsupported("cgroup v2 is not mounted; mount it (mount -t cgroup2 none /sys/fs/cgroup) "
                       "or go without");
  auto own = find_own_cgroup(*mount, content("/proc/self/cgroup").value_or(""));
  if (!own)
    return unsupported("the cgroup of this process is outside of what is mounted at '" +
                       mount->directory + "'; mount all of it or go without");
  return *own;
}

result<cgroup_support> cgroup_probe() {
  auto own = own_cgroup();
  if (!own)
    return own.error();
  return cgroup_probe_in(*own);
}

result<cgroup_support> cgroup_probe_in(const std::string& directory) {
  auto trial = directory + "/mahavishnu-probe-" + std::to_string(::getpid());
  if (::mkdir(trial.c_str(), 0755) != 0)
    return cannot_make(trial, errno);
  auto can_kill = ::access((trial + "/cgroup.kill").c_str(), W_OK) == 0;
  auto is_threaded = content(trial + "/cgroup.type").value_or("domain").starts_with("domain i");
  ::rmdir(trial.c_str());
  if (!can_kill)
    return no_kill(directory);
  if (is_threaded)
    return threaded(directory);
  cgroup_support support;
  support.directory = directory;
  hand_down_controllers(support, [&](const std::string& name) {
    return write_to(directory + "/cgroup.subtree_control", "+" + name);
  });
  return support;
}

result<cgroup_support> cgroup_look() {
  auto own = own_cgroup();
  if (!own)
    return own.error();
  return cgroup_look_in(*own);
}

result<cgroup_support> cgroup_look_in(const std::string& directory) {
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    return cannot_make(directory + "/...", errno);
  auto type = content(directory + "/cgroup.type");
  if (type && ::access((directory + "/cgroup.kill").c_str(), F_OK) != 0) // the root has none
    return no_kill(directory);
  if (type && *type != "domain\n" && *type != "domain")
    return threaded(directory);
  cgroup_support support;
  support.directory = directory;
  hand_down_controllers(support, [&](const std::string&) { return would_enable(directory); });
  return support;
}

cgroup::cgroup(std::string directory, unique_fd descriptor)
    : directory_(std::move(directory)), descriptor_(std::move(descriptor)) {}

result<cgroup> cgroup::create(const cgroup_support& support, const std::string& name,
                              const cgroup_limits& limits) {
  if (name.empty() || name.find('/') != std::string::npos || name.front() == '.')
    return error{errc::invalid_argument,
                 "'" + name + "' is no name for a cgroup; use one without '/' and '.' before it"};
  if (limits.cpu_max && *limits.cpu_max == 0)
    return error{errc::invalid_argument, "the cgroup '" + name +
                                             "' is to have no processor at all (cpu_max 0); give "
                                             "it one percent or more"};
  bool keeps_all = (support.memory || !limits.memory_max) && (support.pids || !limits.pids_max) &&
                   (support.cpu || !limits.cpu_max);
  if (!keeps_all && !limits.optional)
    return error{errc::unsupported, "the cgroup '" + name +
                                        "' cannot have its limits: " + support.why_not +
                                        "; or make the limits optional, or leave them out"};
  auto directory = support.directory + "/" + name;
  bool made = ::mkdir(directory.c_str(), 0755) == 0;
  if (!made && errno != EEXIST)
    return cannot_make(directory, errno);
  auto group = open(directory);
  if (group && !made && group->populated())
    return error{errc::already_exists, "the cgroup '" + directory +
                                           "' has processes in it already; give each run a name of "
                                           "its own"};
  if (!group)
    return group;
  int failure = 0;
  auto set = [&](bool can, const char* file, const std::string& value) {
    if (can && failure == 0)
      failure = write_to(directory + "/" + file, value);
  };
  if (limits.memory_max)
    set(support.memory, "memory.max", std::to_string(*limits.memory_max));
  if (limits.pids_max)
    set(support.pids, "pids.max", std::to_string(*limits.pids_max));
  if (limits.cpu_max) // microseconds in each tenth of a second
    set(support.cpu, "cpu.max", std::to_string(std::uint64_t{1000} * *limits.cpu_max) + " 100000");
  if (failure != 0) {
    ::rmdir(directory.c_str());
    return error{errc::io_failed, "the limits of the cgroup '" + directory +
                                      "' cannot be set: " + words_for(failure) +
                                      "; look at the controllers of the group above"};
  }
  return group;
}

result<cgroup> cgroup::open(std::string directory) {
  unique_fd descriptor{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!descriptor)
    return error{errno == ENOENT ? errc::not_found : errc::io_failed,
                 "the cgroup '" + directory + "' cannot be opened: " + words_for(errno) +
                     "; make it again"};
  return cgroup{std::move(directory), std::move(descriptor)};
}

result<void> cgroup::kill() const {
  if (int failure = write_to(directory_ + "/cgroup.kill", "1"))
    return error{errc::process_failed, "the cgroup '" + directory_ + "' cannot be killed: " +
                                           words_for(failure) + "; kill its processes one by one"};
  return {};
}

std::vector<pid_t> cgroup::processes() const {
  std::vector<pid_t> found;
  auto add = [&](const std::string& directory) {
    std::istringstream lines{content(directory + "/cgroup.procs").value_or("")};
    for (pid_t pid = 0; lines >> pid;)
      if (pid > 0) // 0: one that is in another pid namespace
        found.push_back(pid);
  };
  add(directory_);
  std::error_code gone;
  for (fs::recursive_directory_iterator at{directory_, gone}, end; !gone && at != end;
       at.increment(gone))
    if (std::error_code ignored; at->is_directory(ignored))
      add(at->path().string());
  return found;
}

bool cgroup::populated() const {
  auto events = content(directory_ + "/cgroup.events");
  if (!events)
    return ::access(directory_.c_str(), F_OK) == 0; // a group that is gone is empty
  return value_of(*events, "populated").value_or(1) != 0;
}

std::optional<std::uint64_t> cgroup::memory() const {
  std::istringstream text{content(directory_ + "/memory.current").value_or("")};
  std::uint64_t bytes = 0;
  return text >> bytes ? std::optional{bytes} : std::nullopt;
}

std::uint64_t cgroup::out_of_memory_kills() const {
  return value_of(content(directory_ + "/memory.events").value_or(""), "oom_kill").value_or(0);
}

result<void> cgroup::remove() const {
  std::vector<std::string> directories{directory_};
  std::error_code gone;
  for (fs::recursive_directory_iterator at{directory_, gone}, end; !gone && at != end;
       at.increment(gone))
    if (std::error_code ignored; at->is_directory(ignored))
      directories.push_back(at->path().string());
  // Those further down have the longer names.
  std::ranges::sort(directories, std::ranges::greater{}, &std::string::size);
  for (const auto& directory : directories)
    if (::rmdir(directory.c_str()) != 0 && errno != ENOENT)
      return error{errc::io_failed,
                   "the cgroup '" + directory + "' cannot be removed: " + words_for(errno) +
                       (errno == EBUSY ? "; wait until its processes have ended" : "")};
  return {};
}

} // namespace mahavishnu::exec
