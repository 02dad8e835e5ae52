// SPDX-License-Identifier: MIT
#include "exec/process_table.hpp"

#include "exec/unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <set>
#include <system_error>

namespace mahavishnu::exec {

namespace {

/// More than any honest environment; a larger one is looked at up to here.
constexpr std::size_t most_environment = std::size_t{4} << 20;

std::optional<std::string> content(const std::string& path, std::size_t most) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < most) {
    auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::nullopt;
    if (count == 0)
      break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

/// Takes numbers from a text with spaces between them.
class number_reader {
public:
  explicit number_reader(std::string_view text) : rest_(text) {}

  template <class Number>
  bool read(Number& number) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
    auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (failure != std::errc{})
      return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

  bool skip(int count) {
    for (std::int64_t ignored = 0; count > 0; --count)
      if (!read(ignored))
        return false;
    return true;
  }

private:
  std::string_view rest_;
};

std::optional<process_entry> read_entry(const std::string& proc, const std::string& pid) {
  auto text = content(proc + "/" + pid + "/stat", 4096);
  return text ? parse_stat(*text) : std::nullopt;
}

} // namespace

std::optional<process_entry> parse_stat(std::string_view text) {
  // The name may contain spaces and parentheses of its own: it ends at the last one.
  auto open = text.find(" (");
  auto close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2 ||
      close + 3 > text.size())
    return std::nullopt;
  process_entry entry;
  if (number_reader start{text.substr(0, open)}; !start.read(entry.pid))
    return std::nullopt;
  entry.command = text.substr(open + 2, close - open - 2);
  entry.state = text[close + 2];
  number_reader rest{text.substr(close + 3)};
  // Between them: the terminal, flags, faults, times and priorities.
  if (!rest.read(entry.parent) || !rest.read(entry.group) || !rest.read(entry.session) ||
      !rest.skip(13) || !rest.read(entry.threads) || !rest.skip(1) || !rest.read(entry.started))
    return std::nullopt;
  return entry;
}

bool has_variable(std::string_view environment, std::string_view variable) {
  while (!environment.empty()) {
    auto end = std::min(environment.find('\0'), environment.size());
    if (environment.substr(0, end) == variable)
      return true;
    environment.remove_prefix(std::min(end + 1, environment.size()));
  }
  return false;
}

process_table::process_table(std::vector<process_entry> entries, std::string proc)
    : entries_(std::move(entries)), proc_(std::move(proc)) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    by_pid_.emplace(entries_[i].pid, i);
    by_parent_.emplace(entries_[i].parent, i);
  }
}

result<process_table> process_table::read(std::string proc) {
  std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(proc.c_str()), ::closedir};
  if (!directory)
    return error{errc::io_failed, "the processes cannot be listed: '" + proc +
                                      "': " + std::generic_category().message(errno) +
                                      "; mount /proc, or raise the limit on files (ulimit -n)"};
  std::vector<process_entry> entries;
  while (const auto* name = ::readdir(directory.get()))
    if (name->d_name[0] >= '1' && name->d_name[0] <= '9')
      if (auto entry = read_entry(proc, name->d_name)) // it may have ended since
        entries.push_back(std::move(*entry));
  return process_table{std::move(entries), std::move(proc)};
}

const process_entry* process_table::find(pid_t pid) const {
  auto at = by_pid_.find(pid);
  return at == by_pid_.end() ? nullptr : &entries_[at->second];
}

std::vector<const process_entry*>
process_table::descendants(const std::vector<pid_t>& parents) const {
  std::vector<const process_entry*> found;
  // The table is no snapshot: with a number used twice while it was read, it might have a circle.
  std::set<pid_t> seen{parents.begin(), parents.end()};
  auto add_children = [&](pid_t parent) {
    auto [from, to] = by_parent_.equal_range(parent);
    for (; from != to; ++from)
      if (const auto& child = entries_[from->second]; seen.insert(child.pid).second)
        found.push_back(&child);
  };
  for (auto parent : parents)
    add_children(parent);
  for (std::size_t i = 0; i < found.size(); ++i)
    add_children(found[i]->pid);
  return found;
}

std::set<pid_t> process_table::above(pid_t pid) const {
  std::set<pid_t> parents;
  for (const auto* entry = find(pid);
       entry != nullptr && entry->parent != 0 && parents.insert(entry->parent).second;)
    entry = find(entry->parent);
  return parents;
}

std::optional<bool> process_table::has_mark(pid_t pid, std::string_view variable) const {
  auto environment = content(proc_ + "/" + std::to_string(pid) + "/environ", most_environment);
  if (!environment || environment->empty())
    return std::nullopt;
  return has_variable(*environment, variable);
}

int send_signal(const process_entry& process, int signal) {
  unique_fd handle{static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0))};
  if (!handle)
    return errno == EINVAL ? ESRCH : errno;
  // What the handle stands for can no longer change; now see that it is the right one.
  auto now = read_entry("/proc", std::to_string(process.pid));
  if (!now || now->started != process.started)
    return ESRCH;
  return syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0 ? 0 : errno;
}

std::optional<std::vector<pid_t>> child_list::list() {
  if (!file_) {
    auto pid = std::to_string(::getpid());
    file_ = unique_fd{
        ::open(("/proc/" + pid + "/task/" + pid + "/children").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file_)
      return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    auto count =
        ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::nullopt;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < buffer.size())
      break;
  }
  std::vector<pid_t> children;
  number_reader reader{text};
  for (pid_t child = 0; reader.read(child);)
    children.push_back(child);
  return children;
}

} // namespace mahavishnu::exec
